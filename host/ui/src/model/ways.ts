/** Ways to fill a field: which one a saved value is, and what an edited one is saved as.
 *
 * A value is only ever replaced by what a person edits, so nothing here normalizes: what has no way of its own is JSON.
 */
import type { Choice, Field } from "./fields";
import type { Json, JsonObject } from "./json";
import { isObject } from "./json";

export type Way = "value" | "event" | "firstOf" | "template" | "names" | "list" | "leaveOut" | "json" | `@${string}`;

const keys = (value: JsonObject): string => Object.keys(value).join();
const only = (value: Json | undefined, name: string): Json | undefined =>
  isObject(value) && keys(value) === name ? value[name] : undefined;

/** Return the path of an event variable, undefined for anything else. */
export const readPath = (value: Json | undefined): string | undefined => {
  const path = only(value, "@path");
  return typeof path === "string" ? path : undefined;
};
export const writePath = (path: string): JsonObject => ({ "@path": path });

export const readTemplate = (value: Json | undefined): string | undefined => {
  const template = only(value, "@template");
  return typeof template === "string" ? template : undefined;
};
export const writeTemplate = (template: string): JsonObject => ({ "@template": template });

type Source = { path: string } | { literal: string | number | boolean };

/** Return the chain of `@if` that takes the first path that exists, undefined where it is another condition. */
export const readFirstOf = (value: Json | undefined): Source[] | undefined => {
  const options = only(value, "@if");
  if (!isObject(options) || !["exists,then,else", "exists,then"].includes(keys(options))) return undefined;
  const path = readPath(options.exists);
  if (path === undefined || readPath(options.then) !== path) return undefined;
  return options.else === undefined ? [{ path }] : prepend({ path }, readEnd(options.else));
};

const prepend = (source: Source, rest: Source[] | undefined): Source[] | undefined => rest && [source, ...rest];

const readEnd = (value: Json): Source[] | undefined => {
  const path = readPath(value);
  if (path !== undefined) return [{ path }];
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return [{ literal: value }];
  return readFirstOf(value);
};

/** Return the chain of a list of sources: one is itself, none is nothing. */
export const writeFirstOf = (sources: readonly Source[]): Json | undefined => {
  const [first, ...rest] = sources;
  if (!first) return undefined;
  if ("literal" in first) return first.literal;
  const path = writePath(first.path);
  const after = writeFirstOf(rest);
  return { "@if": { exists: path, then: { ...path }, ...(after !== undefined && { else: after }) } };
};

const LITERALS: Record<string, (value: Json) => boolean> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
};

const isPlain = (value: Json): value is JsonObject =>
  isObject(value) && !Object.keys(value).some((name) => name.startsWith("@"));

const typeOf = ({ schema }: Choice): string => (typeof schema.type === "string" ? schema.type : "");
const DIRECTIVE = /^choice\.(variable|template|if-exists|json|leave-out|array|stored-secret)/;
const isDirective = ({ key, schema }: Choice): boolean => DIRECTIVE.test(key) || "$secret" in propertiesOf(schema);
const propertiesOf = (schema: JsonObject): JsonObject => (isObject(schema.properties) ? schema.properties : {});

/** Return the literal choices of a field: what `value` may hold, one for each type. */
export const literalChoices = (field: Pick<Field, "choices">): Choice[] =>
  field.choices.filter((choice) => !isDirective(choice) && typeOf(choice) in LITERALS);

/** Return the choice of a literal, undefined where none takes its type. */
export const literalChoice = (field: Pick<Field, "choices">, value: Json): Choice | undefined =>
  literalChoices(field).find((choice) => LITERALS[typeOf(choice)]?.(value));

const objectChoice = (field: Pick<Field, "choices">): Choice | undefined =>
  field.choices.find((choice) => typeOf(choice) === "object" && !isDirective(choice));
const listChoice = (field: Pick<Field, "choices">): Choice | undefined =>
  field.choices.find((choice) => typeOf(choice) === "array" && !isDirective(choice));

/** Return whether an object of a field takes any names, each with any choice. */
export const takesNames = (field: Pick<Field, "choices">): boolean => objectChoice(field) !== undefined;

/** Return the way that a value is, among those that the field offers. */
export const wayOf = (field: Pick<Field, "choices">, value: Json | undefined, directives: readonly string[]): Way => {
  if (value === undefined) return "leaveOut";
  if (readPath(value) !== undefined) return "event";
  if (readTemplate(value) !== undefined) return "template";
  if (readFirstOf(value) !== undefined) return "firstOf";
  if (isObject(value)) {
    const [name = ""] = Object.keys(value);
    if (name.startsWith("@")) return only(value, name) !== undefined && directives.includes(name) ? (name as Way) : "json";
    return isPlain(value) && objectChoice(field) ? "names" : "json";
  }
  if (Array.isArray(value)) return listChoice(field) ? "list" : "json";
  return literalChoice(field, value) ? "value" : "json";
};

/** Return the ways that a field offers, in the order of the form, JSON last. */
export const waysOf = (field: Field, directives: readonly string[]): Way[] => {
  const has = (key: string): boolean => field.choices.some((choice) => choice.key.startsWith(`choice.${key}`));
  const isOpen = has("json");
  const drawn = new Set(["@path", "@template"]);
  const ways: (Way | false)[] = [
    literalChoices(field).length > 0 && "value",
    has("variable") && "event",
    has("if-exists") && "firstOf",
    has("template") && "template",
    objectChoice(field) !== undefined && "names",
    listChoice(field) !== undefined && "list",
    ...(isOpen ? directives.filter((name) => !drawn.has(name)).map((name) => name as Way) : []),
    !field.isRequired && "leaveOut",
    isOpen && "json",
  ];
  return ways.filter((way): way is Way => way !== false);
};

/** Return what a field starts with when a person chooses a way; the old value stays where the way can hold it. */
export const startWay = (field: Field, way: Way, old: Json | undefined, directives: readonly string[]): Json | undefined => {
  if (wayOf(field, old, directives) === way) return old;
  const path = firstPath(old);
  switch (way) {
    case "leaveOut":
      return undefined;
    case "event":
      return writePath(path ?? "$.");
    case "template":
      return writeTemplate(typeof old === "string" ? old : path ? `{{${path.replace(/^\$\./, "")}}}` : "");
    case "firstOf":
      return writeFirstOf([{ path: path ?? "$." }]);
    case "names":
      return {};
    case "list":
      return old === undefined ? [] : [old];
    case "json":
      return old ?? null;
    case "value":
      return startLiteral(field);
    default:
      return { [way]: startArgument(way, path) };
  }
};

const startLiteral = (field: Field): Json => {
  const [choice] = literalChoices(field);
  if (!choice) return null;
  const options = readOptions(choice);
  if (options.length) return options[0]!.value;
  const type = typeOf(choice);
  return type === "boolean" ? false : type === "number" || type === "integer" ? 0 : type === "null" ? null : "";
};

const startArgument = (way: Way, path: string | undefined): Json => {
  const source = writePath(path ?? "$.");
  const starts: Record<string, Json> = {
    "@if": { exists: source, then: "", else: "" },
    "@case": { operator: "lower", value: source },
    "@replace": { pattern: "", replacement: "", value: source },
    "@arrayPath": [path ?? "$."],
    "@flatten": { separator: ".", value: source },
    "@json": { mode: "encode", value: source },
    "@merge": { objects: [source], direction: "right" },
    "@transform": { apply: {}, mapping: {} },
    "@liquid": path ? `{{${path.replace(/^\$\./, "")}}}` : "",
  };
  return starts[way] ?? source;
};

/** Return the first path that a value reads, so that changing the way keeps it. */
export const firstPath = (value: Json | undefined): string | undefined => {
  const path = readPath(value);
  if (path !== undefined) return path;
  if (!isObject(value) && !Array.isArray(value)) return undefined;
  for (const inner of Object.values(value)) {
    const found = firstPath(inner);
    if (found !== undefined) return found;
  }
  return undefined;
};

export interface Option {
  readonly value: Json;
  readonly label: string;
}

/** Return the labelled values of a choice: `oneOf` of `const` and `title`, `enum`, or yes and no. */
export const readOptions = ({ schema }: Choice): Option[] => {
  if (Array.isArray(schema.oneOf)) {
    return schema.oneOf.filter(isObject).map((option) => ({ value: option.const ?? null, label: String(option.title ?? option.const) }));
  }
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => ({ value, label: String(value) }));
  return [];
};

/** Return the paths of an event's leaves and containers that contain a text, for completion. */
export const findPaths = (event: Json, search: string, limit = 50): string[] => {
  const found: string[] = [];
  const wanted = search.toLowerCase();
  const visit = (value: Json, path: string | undefined): void => {
    if (found.length >= limit || path === undefined) return;
    if (path !== "$" && path.toLowerCase().includes(wanted)) found.push(path);
    if (Array.isArray(value)) return;
    if (isObject(value)) for (const [name, inner] of Object.entries(value)) visit(inner, stepInto(path, name));
  };
  visit(event, "$");
  return found;
};

/** Return the path of a member, undefined where no path can name it: dots, brackets and quotes separate steps. */
export const stepInto = (path: string, name: string): string | undefined =>
  /^[^.[\]'"]+$/.test(name) ? `${path}.${name}` : undefined;
