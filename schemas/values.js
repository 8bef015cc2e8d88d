// Values of a mapping, without a page: which choice of a field a value is, and which fields are shown.
export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const has = (value, name) => isObject(value) && Object.keys(value).join() === name;
const isPath = (value) => has(value, "@path") && typeof value["@path"] === "string";
const isPlain = (value) => isObject(value) && !Object.keys(value).some((key) => key.startsWith("@"));

/** Return the options of `@if`, where they are two paths and at most a third value. */
const condition = (value) => {
  const options = has(value, "@if") && isObject(value["@if"]) ? value["@if"] : {};
  const known = Object.keys(options).every((key) => ["exists", "then", "else"].includes(key));
  return known && isPath(options.exists) && isPath(options.then) ? options : undefined;
};

const isItems = ([path, shape = {}, ...rest]) => typeof path === "string" && isPlain(shape) && !rest.length;
const DIRECTIVES = {
  Variable: isPath,
  Template: (value) => has(value, "@template") && typeof value["@template"] === "string",
  "If exists": (value) => Boolean(condition(value)) && (condition(value).else === undefined || isPath(condition(value).else)),
  Array: (value) => has(value, "@arrayPath") && Array.isArray(value["@arrayPath"]) && isItems(value["@arrayPath"]),
  "Stored secret": (value) => has(value, "$secret") && typeof value.$secret === "string",
  JSON: (value) => value !== undefined,
};
const LITERALS = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
  array: Array.isArray,
  object: isPlain,
  null: (value) => value === null,
};

const isElse = (value) => ["string", "number", "boolean"].includes(typeof condition(value)?.else);

/** Return whether a value is of this choice of a field. */
export const fits = ({ title, type }, value) => {
  const test = title.startsWith("If exists, else") ? isElse : (DIRECTIVES[title] ?? LITERALS[type]);
  return Boolean(test?.(value));
};

/** Return the choice that a value is of; what no other choice draws is JSON. */
export const choose = (choices, value) =>
  choices.find((choice) => choice.title !== "JSON" && fits(choice, value)) ?? choices.find(({ title }) => title === "JSON");

/** Return whether a condition between fields holds: the few keywords that the layouts use. */
export const holds = (rule, value) =>
  (rule.allOf ?? []).every((part) => holds(part, value)) &&
  (!rule.anyOf || rule.anyOf.some((part) => holds(part, value))) &&
  (!rule.not || !holds(rule.not, value)) &&
  (rule.required ?? []).every((name) => value?.[name] !== undefined) &&
  Object.entries(rule.properties ?? {}).every(([name, part]) => value?.[name] === undefined || holds(part, value[name])) &&
  (!rule.enum || rule.enum.includes(value)) &&
  (!("const" in rule) || rule.const === value);

/** Return an object with a member replaced; without members it is absent, as the member is. */
export const put = (object, name, value) => {
  const changed = { ...object, [name]: value };
  if (value === undefined) delete changed[name];
  return Object.keys(changed).length ? changed : undefined;
};

/** Return a number from its text, undefined for none, NaN for what is no number of JSON. */
export const readNumber = (text) => {
  if (!text.trim()) return undefined;
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text.trim()) && Number.isFinite(Number(text)) ? Number(text) : NaN;
};
