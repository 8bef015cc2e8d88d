/** Fields of a form, read from the published form document: no other source, so every destination is drawn alike. */
import type { Json, JsonObject } from "./json";
import { isObject } from "./json";

export type Schema = JsonObject & { title?: string; description?: string; type?: string };

/** One choice of a field: a literal of some type, or a directive that the form names. */
export interface Choice {
  readonly key: string;
  readonly title: string;
  readonly schema: Schema;
}

export interface Field {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly placeholder: string;
  readonly choices: readonly Choice[];
  readonly isRequired: boolean;
  readonly isReadOnly: boolean;
  readonly isSecret: boolean;
  readonly isDynamic: boolean;
  /** Whether its object is edited as names and values. */
  readonly isKeyValue: boolean;
  readonly category: string;
  readonly schema: Schema;
}

/** Follow a reference inside the document; other documents are not needed to draw a field. */
export const resolve = (schema: Schema, document: Schema): Schema => {
  const reference = schema.$ref;
  if (typeof reference !== "string") return schema;
  const steps = reference.replace(/^[^#]*#\/?/, "").split("/").filter(Boolean);
  let found: Json | undefined = document;
  for (const step of steps) {
    found = isObject(found) ? found[step.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  }
  return isObject(found) ? { ...(found as Schema), ...without(schema, "$ref") } : {};
};

const without = (schema: Schema, name: string): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => key !== name));

const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** Return the choices of a field's schema; a field without `oneOf` is one literal. */
export const readChoices = (schema: Schema, document: Schema): Choice[] => {
  const listed = Array.isArray(schema.oneOf) ? schema.oneOf.filter(isObject) : [schema];
  return listed.map((choice) => {
    const resolved = resolve(choice as Schema, document);
    return { key: text(resolved.i18n), title: text(resolved.title), schema: resolved };
  });
};

/** Return the fields that a form or settings document shows, in the order of its layout. */
export const readFields = (document: Schema, layout: JsonObject = {}): Field[] => {
  const properties = isObject(document.properties) ? document.properties : {};
  const required = Array.isArray(document.required) ? document.required : [];
  const order = Array.isArray(layout["ui:order"]) ? layout["ui:order"].filter((name) => name !== "*") : [];
  const names = [...order.map(String).filter((name) => name in properties), ...Object.keys(properties)];
  return [...new Set(names)]
    .map((name) => readField(name, properties[name] as Schema, document, required.includes(name)))
    .filter(({ schema }) => schema["x-hidden"] !== true);
};

const readField = (name: string, schema: Schema, document: Schema, isRequired: boolean): Field => ({
  name,
  title: text(schema.title) || name,
  description: text(schema.description),
  placeholder: text(schema["x-placeholder"]),
  choices: readChoices(schema, document),
  isRequired,
  isReadOnly: schema.readOnly === true,
  isSecret: schema.writeOnly === true,
  isDynamic: schema["x-dynamic"] === true,
  isKeyValue: String(schema["x-object-editor"] ?? "").startsWith("keyvalue"),
  category: text(schema["x-category"]),
  schema,
});

/** Return whether a condition of a layout holds for a value: the few keywords that layouts use. */
export const holds = (rule: Json | undefined, value: Json | undefined): boolean => {
  if (!isObject(rule)) return rule !== false;
  const every = (rules: Json | undefined, test: (rule: Json) => boolean): boolean =>
    !Array.isArray(rules) || rules.every(test);
  const object = isObject(value) ? value : {};
  return (
    every(rule.allOf, (part) => holds(part, value)) &&
    (!Array.isArray(rule.anyOf) || rule.anyOf.some((part) => holds(part, value))) &&
    (rule.not === undefined || !holds(rule.not, value)) &&
    every(rule.required, (name) => object[String(name)] !== undefined) &&
    Object.entries(isObject(rule.properties) ? rule.properties : {}).every(
      ([name, part]) => object[name] === undefined || holds(part, object[name]),
    ) &&
    (!Array.isArray(rule.enum) || rule.enum.some((option) => option === value)) &&
    (!("const" in rule) || rule.const === value)
  );
};

/** Return whether the layout of JSON Forms shows a field for these values. */
export const isShown = (name: string, layout: Json | undefined, value: JsonObject): boolean => {
  const rules: Json[] = [];
  const collect = (node: Json | undefined, above: Json[]): void => {
    if (!isObject(node)) return;
    const rule = isObject(node.rule) ? [...above, node.rule] : above;
    if (node.scope === `#/properties/${name}`) rules.push(...rule);
    for (const child of Array.isArray(node.elements) ? node.elements : []) collect(child, rule);
  };
  collect(layout, []);
  return rules.every((rule) => {
    const { effect, condition } = rule as { effect?: Json; condition?: Json };
    const isMet = holds(isObject(condition) ? condition.schema : undefined, value);
    return effect === "HIDE" ? !isMet : isMet;
  });
};

/** Return the directives of a mapping document by name, with their plain names. */
export const readDirectives = (mapping: Schema): { name: string; title: string; description: string }[] => {
  const composite = resolve({ $ref: "#/definitions/composite" }, mapping);
  return Object.entries(isObject(composite.properties) ? composite.properties : {})
    .filter(([name]) => name.startsWith("@"))
    .map(([name, schema]) => ({
      name,
      title: isObject(schema) ? text(schema.title) || name : name,
      description: isObject(schema) ? text(schema.description) : "",
    }));
};
