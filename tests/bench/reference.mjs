// node reference.mjs URL EVENTS SUBSCRIPTIONS [SECONDS]: the reference delivers a file of events, 64
// in flight. With SECONDS, a failed event returns to the end of the queue until that time is over.
// BENCH_MODULES names the node_modules with the packages of package.json.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const [url, eventsFile, subscriptionsFile, seconds] = process.argv.slice(2)
const modules = path.resolve(process.env.BENCH_MODULES)
const require = createRequire(path.join(modules, 'anchor.cjs'))
const { Destination } = require('@segment/actions-core')
const qualtrics = path.join(modules, '@segment/action-destinations/dist/destinations/qualtrics')

// The only change: requests to https://<datacenter>.qualtrics.com go to the simulator.
const client = require(path.join(qualtrics, 'qualtricsApiClient.js')).default
client.prototype.buildUrl = (endpoint) => url + endpoint

const destination = new Destination(require(path.join(qualtrics, 'index.js')).default)
const subscriptions = JSON.parse(readFileSync(subscriptionsFile, 'utf8'))
const settings = { apiToken: process.env.QUALTRICS_API_TOKEN, datacenter: 'iad1', subscriptions }
const events = readFileSync(eventsFile, 'utf8').trimEnd().split('\n')

const until = seconds ? Date.now() + 1000 * seconds : Infinity
let next = 0
const worker = async () => {
  while (next < events.length && Date.now() < until) {
    const line = events[next]
    events[next++] = null
    await destination.onEvent(JSON.parse(line), settings).catch(() => seconds && events.push(line))
    destination.responses.length = 0
  }
}
await Promise.all(Array.from({ length: 64 }, worker))
process.exit(0)
