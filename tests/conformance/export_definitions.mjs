// node export_definitions.mjs FOLDER: write each destination of @segment/action-destinations to
// FOLDER/<directory>.json, in the shape of the published definitions. BENCH_MODULES names the
// node_modules with the packages of tests/bench/package.json.
//
// JSON has no functions: `functions` lists a JSON Pointer to each that the definition has. A field
// whose choices are a function is `dynamic: true`, as the published documents have it.
import { createRequire } from 'node:module'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const [folder] = process.argv.slice(2)
const modules = path.resolve(process.env.BENCH_MODULES)
const require = createRequire(path.join(modules, 'anchor.cjs'))
const source = path.join(modules, '@segment/action-destinations/dist/destinations')

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)
const escaped = (key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1')

// Return a value without functions, and add their places to `functions`.
const plain = (value, place, functions) => {
  if (typeof value === 'function') {
    functions.push(place)
    return undefined
  }
  if (Array.isArray(value)) return value.map((item, at) => plain(item, `${place}/${at}`, functions))
  if (!isObject(value)) return value
  const members = Object.entries(value)
    .map(([key, member]) => [key, plain(member, `${place}/${escaped(key)}`, functions)])
    .filter(([, member]) => member !== undefined)
  return Object.fromEntries(members)
}

const mapped = (object, change) =>
  Object.fromEntries(Object.entries(object ?? {}).map(([key, value]) => [key, change(value, key)]))

const field = (definition, isDynamic = false) => {
  const { unsafe_hidden: hidden, properties, ...others } = definition
  if (hidden !== undefined) others.hidden = hidden
  if (properties) others.properties = mapped(properties, (inner) => field(inner))
  if (isDynamic) others.dynamic = true
  return others
}

const fields = (definitions, original) =>
  mapped(definitions, (value, key) => field(value, typeof original?.[key]?.dynamic === 'function'))

const hook = ({ inputFields, outputTypes, ...others }, original) => ({
  ...others,
  inputFields: fields(inputFields, original.inputFields),
  outputFields: fields(outputTypes)
})

// The published documents name the parts of a field that have choices, and no field without parts.
const parts = (dynamicFields) =>
  Object.fromEntries(
    Object.entries(dynamicFields)
      .filter(([, value]) => isObject(value))
      .map(([name, value]) => [name, Object.keys(value)])
  )

const action = (definition, original) => ({
  ...definition,
  ...('hidden' in definition ? {} : { hidden: false }),
  platform: definition.platform ?? 'cloud',
  hasPerformBatch: typeof original.performBatch === 'function',
  ...(original.dynamicFields ? { dynamicFields: parts(original.dynamicFields) } : {}),
  ...(original.hooks
    ? { hooks: mapped(definition.hooks, (value, name) => hook(value, original.hooks[name])) }
    : {}),
  fields: fields(definition.fields, original.fields)
})

const audience = (config, audienceFields, original) => ({
  ...config,
  audienceFields: fields(audienceFields, original.audienceFields),
  supportsAudienceFunctions: typeof original.audienceConfig.createAudience === 'function'
})

const exported = (original, directory) => {
  const functions = []
  const { audienceConfig, audienceFields, authentication, ...others } = plain(original, '', functions)
  const document = {
    ...others,
    slug: original.slug ?? directory,
    mode: original.mode ?? 'cloud',
    actions: mapped(others.actions, (value, slug) => action(value, original.actions[slug]))
  }
  if (authentication) {
    const settings = fields(authentication.fields, original.authentication.fields)
    document.authentication = { ...authentication, fields: settings }
  }
  if (audienceConfig) document.audienceConfig = audience(audienceConfig, audienceFields, original)
  return { ...document, functions }
}

mkdirSync(folder, { recursive: true })
const failed = []
for (const entry of readdirSync(source, { withFileTypes: true })) {
  const file = path.join(source, entry.name, 'index.js')
  if (!entry.isDirectory() || !existsSync(file)) continue
  try {
    const module = require(file)
    const definition = module.default ?? module
    if (!isObject(definition?.actions)) continue
    const text = JSON.stringify(exported(definition, entry.name), null, 2)
    writeFileSync(path.join(folder, `${entry.name}.json`), `${text}\n`)
  } catch (error) {
    failed.push(`${entry.name}: ${String(error.message).split('\n')[0]}`)
  }
}
for (const line of failed) process.stderr.write(`${line}\n`)
process.exit(failed.length ? 1 : 0)
