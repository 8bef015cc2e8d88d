// Renders a template as the reference does (it parses for each event), and as liquidjs can (it parses
// once). Prints the renders per second as one JSON object, for liquid.py.
import path from 'node:path'
import { createRequire } from 'node:module'

const { modules, template, event, seconds } = JSON.parse(process.argv[2])
const require = createRequire(path.join(modules, 'anchor.cjs'))
const kit = path.join(modules, '@segment/actions-core/dist/cjs/mapping-kit/liquid-directive.js')
const { evaluateLiquid } = require(kit)
const { Liquid } = require('liquidjs')

function rate(run) {
  const until = performance.now() + seconds * 1000
  const start = performance.now()
  let count = 0
  for (; performance.now() < until; count += 100) for (let i = 0; i < 100; i++) run()
  return count / ((performance.now() - start) / 1000)
}

const engine = new Liquid()
const parsed = engine.parse(template)
const runs = { reference: () => evaluateLiquid(template, event), compiled: () => engine.renderSync(parsed, event) }
Object.values(runs).forEach(rate)
console.log(JSON.stringify(Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, rate(run)]))))
