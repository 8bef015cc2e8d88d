// JSON-lines oracle of HTTP exchanges: a line is one case, and its answer is what the reference's own
// action requested of a scripted partner, the payload that it had, and how it ended.
//
// A case has `destination` (a folder of @segment/action-destinations), `settings` (with one
// subscription), `event`, `now` (ISO 8601), and `script`: rules {method, path, filters?, answers}.
// In place of `event` it may have `events`, which are one batch, or `audience`, the input of the
// audience function that `function` names; its settings have no subscription then.
// EXCHANGE_MODULES names the node_modules with the packages of tests/bench/package.json.
import { createRequire } from 'node:module'
import { once } from 'node:events'
import path from 'node:path'
import { resolve } from 'node:url'

Error.stackTraceLimit = 0
// Ajv's strict mode logs harmless warnings for nearly every schema.
console.warn = () => {}
process.env.TZ = 'UTC'

const modules = path.resolve(process.env.EXCHANGE_MODULES)
const require = createRequire(path.join(modules, 'anchor.cjs'))
const { FetchError, Headers, Request, Response } = require('node-fetch')

// One case runs at a time, so its partner and clock can be module state.
let partner
let now = 0
let timers = []

const RealDate = Date
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length ? parts : [now]))
  }
  static now() {
    return now
  }
}
Math.random = () => 0.5

// The reference waits ten seconds for an answer. Here a partner that never answers ends that at once.
globalThis.setTimeout = (expire) => timers.push(expire)
globalThis.clearTimeout = () => {}

const MAX_REDIRECTS = 20
const REDIRECTS = [301, 302, 303, 307, 308]

async function scriptedFetch(request) {
  const answer = partner.answer(await recorded(request))
  if (answer.fails === 'timeout') {
    timers.forEach((expire) => expire())
    return new Promise(() => {})
  }
  if (answer.fails) throw new FetchError(`request to ${request.url} failed`, 'system', { code: answer.fails })
  const location = answer.headers?.location
  if (REDIRECTS.includes(answer.status) && location !== undefined) return scriptedFetch(await redirected(request, answer.status, location))
  return new Response(answer.body, { status: answer.status, headers: answer.headers, url: request.url })
}

// What node-fetch 2.6.1 does with a redirect ("HTTP-redirect fetch" in lib/index.js).
async function redirected(request, status, location) {
  if (request.counter >= MAX_REDIRECTS) throw new FetchError(`maximum redirect reached at: ${request.url}`, 'max-redirect')
  const becomesGet = status === 303 || (status < 303 && request.method === 'POST')
  const method = becomesGet ? 'GET' : request.method
  const body = becomesGet ? undefined : (await request.clone().text()) || undefined
  return new Request(resolve(request.url, location), { method, body, headers: new Headers(request.headers), counter: request.counter + 1 })
}

async function recorded(request) {
  const body = await request.clone().text()
  return {
    method: request.method,
    url: request.url.split('#')[0],
    token: request.headers.get('x-api-token') ?? request.headers.get('x-signature'),
    contentType: request.headers.get('content-type'),
    body
  }
}

class Partner {
  requests = []
  constructor(script) {
    this.rules = script.map((rule) => ({ ...rule, calls: 0 }))
  }
  answer(request) {
    this.requests.push(request)
    const rule = this.rules.find((each) => matches(each, request))
    if (!rule) return { status: 404, headers: {}, body: '' }
    const answer = rule.answers[Math.min(rule.calls++, rule.answers.length - 1)]
    return answer.body?.includes('FIRST_KEY') ? { ...answer, body: answer.body.replaceAll('FIRST_KEY', firstKey(request.body)) } : answer
  }
}

function matches({ method, path: end, filters }, request) {
  if (method !== request.method || !request.url.split('?')[0].endsWith(end)) return false
  return filters === undefined || String(filters) === String(filterTypes(request.body))
}

const firstKey = (body) => (body ? Object.keys(JSON.parse(body))[0] ?? '' : '')

function filterTypes(body) {
  const { filter } = JSON.parse(body)
  return (filter.filters ?? [filter]).map((each) => each.filterType).sort()
}

// The packages load `cross-fetch` once, so it is replaced before they are loaded.
const crossFetch = require.resolve('cross-fetch')
const scripted = Object.assign((request) => scriptedFetch(request), { Headers, Request, Response })
require.cache[crossFetch] = { id: crossFetch, filename: crossFetch, loaded: true, exports: { ...scripted, fetch: scripted, default: scripted, __esModule: true } }

const core = require('@segment/actions-core')
const destinations = new Map()

function destination(name) {
  if (!destinations.has(name)) {
    const file = path.join(modules, '@segment', 'action-destinations', 'dist', 'destinations', name, 'index.js')
    destinations.set(name, new core.Destination(observed(require(file).default)))
  }
  return destinations.get(name)
}

// Each `perform` is the published one; beside it the payload is noted that it was given, and of
// `performBatch` the payloads.
let payload
function observed({ actions, ...definition }) {
  const noted = (original) => original && ((request, data) => {
    payload = data.payload
    return original(request, data)
  })
  const noting = Object.entries(actions).map(([slug, action]) => {
    return [slug, { ...action, perform: noted(action.perform), performBatch: noted(action.performBatch) }]
  })
  return { ...definition, actions: Object.fromEntries(noting) }
}

async function exchange(request) {
  now = RealDate.parse(request.now)
  partner = new Partner(request.script)
  payload = null
  timers = []
  const target = destination(request.destination)
  const ended = await run(target, request).catch((error) => ({ error: describe(error) }))
  target.responses.length = 0
  return { id: request.id, payload, requests: partner.requests, ...ended }
}

async function run(target, { function: name, event, events, audience, settings }) {
  if (audience) return { externalId: (await target[name]({ ...audience, settings })).externalId }
  if (!events) return { steps: (await target.onEvent(event, settings)).map((result) => result.output) }
  const results = await target.onBatch(events, settings)
  return { statuses: results.flatMap((result) => result.multistatus).map(({ status }) => status) }
}

// The status is found as the reference's own `handleError` finds it.
function describe(error) {
  const answered = error instanceof core.HTTPError ? error.response.status : null
  const code = answered === null ? error.code : core.getErrorCodeFromHttpStatus(answered)
  return { name: error.name, code: code ?? null, status: error.status ?? answered, message: String(error.message).slice(0, 200) }
}

// ASCII only, so that no reader mistakes U+2028 and the like for the end of a line
const line = (value) => JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')) + '\n'

async function* lines(stream) {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop()
    yield* parts
  }
  yield rest
}

for await (const text of lines(process.stdin)) {
  if (!text.trim()) continue
  if (!process.stdout.write(line(await exchange(JSON.parse(text))))) await once(process.stdout, 'drain')
}
