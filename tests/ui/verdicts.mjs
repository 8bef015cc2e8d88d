// What strict Ajv says: it compiles every published schema, and judges values of some of them.
//     node verdicts.mjs FOLDER      reads FOLDER/vocabulary.json and FOLDER/values.jsonl, prints JSON lines
import { readFileSync } from "node:fs";
import path from "node:path";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const folder = process.argv[2];
const read = (name) => JSON.parse(readFileSync(path.join(folder, name), "utf8"));
const { keywords, formats } = read("vocabulary.json");

// A warning of strict mode is an error here.
const fail = (message) => {
  throw new Error(message);
};

/** Return a validator that takes the vocabulary, and nothing else beyond draft-07. */
export function strictAjv() {
  const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, strictTuples: false, allowUnionTypes: true, logger: { log: () => undefined, warn: fail, error: fail } });
  addFormats(ajv);
  for (const [keyword, metaSchema] of Object.entries(keywords)) ajv.addKeyword({ keyword, metaSchema });
  for (const format of Object.keys(formats)) if (!(format in ajv.formats)) ajv.addFormat(format, true);
  return ajv;
}

const compiled = new Map();
for (const line of readFileSync(path.join(folder, "values.jsonl"), "utf8").split("\n").filter(Boolean)) {
  const { schema, value } = JSON.parse(line);
  if (!compiled.has(schema)) {
    const ajv = strictAjv();
    if (schema === "own/instance.schema.json") ajv.addSchema(read("own/mapping.schema.json"));
    if (/(destination|action)\.schema/.test(schema)) for (const name of ["field", "mapping", "action"]) if (!schema.includes(name)) ajv.addSchema(read(`own/${name}.schema.json`));
    if (schema.endsWith("host.schema.json")) for (const name of ["instance", "mapping"]) ajv.addSchema(read(`own/${name}.schema.json`));
    try {
      compiled.set(schema, ajv.compile(read(schema)));
    } catch (error) {
      compiled.set(schema, () => error.message);
    }
  }
  console.log(JSON.stringify(value === undefined ? typeof compiled.get(schema)({}) : compiled.get(schema)(value)));
}
