// Sends events through @segment/analytics-node, with the settings of docs/host.md.
//
//     node send.mjs URL KEY COUNT FILE
//
// FILE is JSON: the contactIds among which the events are spread. It prints how many events failed.
import { readFileSync } from 'node:fs'
import { Analytics } from '@segment/analytics-node'

const [url, writeKey, count, file] = process.argv.slice(2)
const contacts = JSON.parse(readFileSync(file, 'utf8'))
const analytics = new Analytics({ writeKey, host: url, flushAt: 100, maxRetries: 1000 })
let failed = 0
analytics.on('error', () => { failed += 1 })

for (let number = 0; number < Number(count); number += 1) {
  const properties = { n: `node-${number}`, contactId: contacts[number % contacts.length] }
  analytics.track({ userId: `u-${number % 1000}`, event: 'Bought', properties })
  // A server would receive requests meanwhile; without a pause no batch could leave.
  if (number % 1000 === 999) await new Promise((resolve) => setTimeout(resolve, 20))
}
await analytics.closeAndFlush({ timeout: 600_000 })
console.log(JSON.stringify({ failed }))
