// node batches.mjs URL EVENTS SUBSCRIPTIONS: the reference delivers a file of events, 64 in flight.
// BENCH_MODULES names the node_modules with the packages of package.json.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const [url, eventsFile, subscriptionsFile] = process.argv.slice(2)
const modules = path.resolve(process.env.BENCH_MODULES)
const require = createRequire(path.join(modules, 'anchor.cjs'))
const { Destination } = require('@segment/actions-core')
const qualtrics = path.join(modules, '@segment/action-destinations/dist/destinations/qualtrics')

// Its one change: what would be https://<datacenter>.qualtrics.com is the simulator.
const client = require(path.join(qualtrics, 'qualtricsApiClient.js')).default
client.prototype.buildUrl = (endpoint) => url + endpoint

const destination = new Destination(require(path.join(qualtrics, 'index.js')).default)
const subscriptions = JSON.parse(readFileSync(subscriptionsFile, 'utf8'))
const settings = { apiToken: process.env.QUALTRICS_API_TOKEN, datacenter: 'iad1', subscriptions }
const events = readFileSync(eventsFile, 'utf8').trimEnd().split('\n')

let next = 0
const worker = async () => {
  while (next < events.length) {
    const event = JSON.parse(events[next++])
    await destination.onEvent(event, settings).catch(() => {})
    destination.responses.length = 0
  }
}
await Promise.all(Array.from({ length: 64 }, worker))
