// node speed.mjs MEASURE OPTIONS: one measurement of the reference; prints one JSON object.
// OPTIONS is JSON, and `shared` in it names the file of events, triggers and mappings of work.py.
// BENCH_MODULES names the node_modules with the packages of package.json.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const [measure, given] = process.argv.slice(2)
const { seconds = 1, warm_up = 0.3, shared, ...options } = JSON.parse(given)
const modules = path.resolve(process.env.BENCH_MODULES)
const require = createRequire(path.join(modules, 'anchor.cjs'))
const inner = (file) => require(path.join(modules, '@segment/actions-core/dist/cjs', file))
const definition = (file) => require(path.join(modules, '@segment/action-destinations/dist/destinations/qualtrics', file)).default
const { events, triggers, mappings } = JSON.parse(readFileSync(shared, 'utf8'))

/** The mapping of every default, with the given fields replaced. */
function mappingOf(action) {
  const { fields } = definition('index.js').actions[action]
  const defaults = Object.entries(fields).filter(([, field]) => field.default !== undefined)
  return { ...Object.fromEntries(defaults.map(([key, field]) => [key, field.default])), ...mappings[action] }
}

let sink // each result is stored, so that no call can be optimised away
function rate(call) {
  const once = (seconds) => {
    const start = performance.now()
    let calls = 0
    for (; performance.now() - start < seconds * 1000; calls += 200) for (let i = 0; i < 200; i++) sink = call()
    return calls / ((performance.now() - start) / 1000)
  }
  once(warm_up)
  const value = once(seconds)
  if (!sink) throw new Error('the measured function returned nothing')
  return { value }
}

function trigger({ trigger, event }) {
  const { parseFql, validate } = require('@segment/destination-subscriptions')
  return rate(() => validate(parseFql(triggers[trigger]), events[event]))
}

function payloadMaker(action) {
  const { transform } = require('@segment/actions-core')
  const { fieldsToJsonSchema } = inner('destination-kit/fields-to-jsonschema.js')
  const { validateSchema } = inner('schema-validation.js')
  const { removeEmptyValues } = inner('remove-empty-values.js')
  const mapping = mappingOf(action)
  const schema = fieldsToJsonSchema(definition('index.js').actions[action].fields)
  const checks = { schemaKey: 'bench', exempt: ['dynamicAuthSettings'] }
  return (event) => validateSchema(removeEmptyValues(transform(mapping, event), schema, true), schema, checks)
}

function payload({ action, event }) {
  const make = payloadMaker(action)
  return rate(() => make(events[event]))
}

/** Delivers events of new people, or of 1,000 known people, each by one call of onEvent. */
async function flight({ url, action, event, in_flight = 64, others = 0, count = 0 }) {
  const { Destination } = require('@segment/actions-core')
  // The only change: requests to https://<datacenter>.qualtrics.com go to the partner on loopback.
  definition('qualtricsApiClient.js').prototype.buildUrl = (endpoint) => url + endpoint
  const destination = new Destination(definition('index.js'))
  const match = { partnerAction: action, subscribe: triggers.either, mapping: mappingOf(action) }
  const misses = Array.from({ length: others }, (_, i) => ({ ...match, subscribe: `type = "track" and event = "Other ${i}"` }))
  const settings = { apiToken: 'token', datacenter: 'iad1', subscriptions: [...misses, match] }
  const areKnown = action === 'upsertContactTransaction'
  const known = areKnown ? { qualtricsContactId: 'CID_1' } : {}
  const base = events[event]
  let number = 0
  const make = () => {
    const traits = { ...base.traits, ...known, email: `ada.${++number}@example.com`, phone: `+1555${String(number).padStart(7, '0')}` }
    return { ...base, userId: `user-${number}`, traits }
  }
  const people = areKnown ? Array.from({ length: 1000 }, make) : []
  const next = () => (areKnown ? people[number++ % people.length] : make())
  const flood = async (isEnough) => {
    let done = 0
    const worker = async () => {
      while (!isEnough(done)) {
        done++
        const results = await destination.onEvent(next(), settings)
        if (results.filter((result) => result.data).length !== 1) throw new Error(`not delivered once: ${JSON.stringify(results)}`)
      }
    }
    await Promise.all(Array.from({ length: in_flight }, worker))
    return done
  }
  const during = (share, seconds) => {
    const end = performance.now() + seconds * 1000
    return (done) => (count ? done >= count * share : performance.now() >= end)
  }
  const stats = async () => (await fetch(`${url}/stats`)).json()
  const megabytes = () => process.resourceUsage().maxRSS / 1024
  const warm = await flood(during(0.1, warm_up))
  await stats()
  const before = megabytes()
  const start = performance.now()
  const done = await flood(during(0.9, seconds))
  const spent = (performance.now() - start) / 1000
  return { value: done / spent, events: done, all: warm + done, ...(await stats()), megabytes: megabytes(), grown: megabytes() - before }
}

/** A program that starts for one event. The caller measures its duration. */
function start({ action, event }) {
  const { Destination } = require('@segment/actions-core')
  new Destination(definition('index.js'))
  if (!payloadMaker(action)(events[event])) throw new Error('the payload must be valid')
  return {}
}

console.log(JSON.stringify(await { trigger, payload, flight, start }[measure](options)))
process.exit(0)
