/** JSON, and the few operations on it that the model needs. All of them leave their arguments as they are. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

export const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Return whether two values are the same, the order of names included: it is what a file would show. */
export const same = (left: Json | undefined, right: Json | undefined): boolean =>
  left === right || JSON.stringify(left) === JSON.stringify(right);

/** Return an object with a member replaced, in its place; undefined removes it. */
export const put = (object: JsonObject, name: string, value: Json | undefined): JsonObject => {
  if (value === undefined) return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
  return { ...object, [name]: value };
};

/** Return a list with the item at an index replaced; undefined removes it. */
export const putAt = <T>(list: readonly T[], index: number, value: T | undefined): T[] =>
  value === undefined ? list.filter((_, at) => at !== index) : list.map((old, at) => (at === index ? value : old));

/** Return a list with one item moved to another index. */
export const move = <T>(list: readonly T[], from: number, to: number): T[] => {
  const rest = list.filter((_, at) => at !== from);
  const moved = list[from];
  return moved === undefined ? rest : [...rest.slice(0, to), moved, ...rest.slice(to)];
};

/** Return the JSON of a text, or where and why it is none. */
export const parse = (text: string): { value: Json } | { error: string } => {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
};

/** Return a number from its text; undefined for what is no number of JSON. */
export const readNumber = (text: string): number | undefined => {
  const trimmed = text.trim();
  if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(trimmed)) return undefined;
  return Number.isFinite(Number(trimmed)) ? Number(trimmed) : undefined;
};

export const escapeStep = (step: string | number): string => String(step).replaceAll("~", "~0").replaceAll("/", "~1");
export const pointer = (...steps: (string | number)[]): string => steps.map((step) => `/${escapeStep(step)}`).join("");
