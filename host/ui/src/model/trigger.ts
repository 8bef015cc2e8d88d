/** Triggers as trees, in the words of the published trigger documents: clauses in groups of all or any. */
import type { Json, JsonObject } from "./json";
import { isObject } from "./json";

export interface Group {
  readonly type: "group";
  readonly operator: "and" | "or" | "not";
  readonly children: readonly Node[];
}
export interface Comparison {
  readonly type: Kind;
  readonly name?: string;
  readonly operator: string;
  readonly value?: Json;
}
export type Node = Group | Comparison;

/** Kind of a comparison -> what a trigger writes before the path. */
export const KINDS = {
  "event-type": "type",
  event: "event",
  name: "name",
  userId: "userId",
  "event-property": "properties",
  "event-trait": "traits",
  "event-context": "context",
} as const;
export type Kind = keyof typeof KINDS;

export const EVENT_TYPES = ["identify", "track", "page", "screen", "group", "alias", "delete"] as const;

const TEXT = ["=", "!=", "contains", "not_contains", "starts_with", "not_starts_with", "ends_with", "not_ends_with"];
const NUMBER = ["number_equals", "number_not_equals", "<", "<=", ">", ">="];
const UNARY = ["exists", "not_exists", "is_true", "is_false"];

/** Return the operators that a builder offers for a kind. */
export const operatorsOf = (kind: Kind): readonly string[] => {
  if (kind === "event-type") return ["=", "!="];
  return hasPath(kind) ? [...TEXT, ...UNARY, ...NUMBER] : [...TEXT, "exists", "not_exists"];
};

export const hasPath = (kind: Kind): boolean => ["event-property", "event-trait", "event-context"].includes(kind);
export const isUnary = (operator: string): boolean => UNARY.includes(operator);
export const isNumeric = (operator: string): boolean => NUMBER.includes(operator);
export const isGroup = (node: Node): node is Group => node.type === "group";

/** Return whether this builder draws every part of a tree; what it does not draw stays text. */
export const isDrawn = (tree: Json | undefined): boolean => {
  if (!isObject(tree)) return false;
  if (tree.type !== "group") return String(tree.type) in KINDS && operatorsOf(tree.type as Kind).includes(String(tree.operator));
  return tree.operator !== "not" && Array.isArray(tree.children) && tree.children.every(isDrawn);
};

/** Return a comparison with another kind, operator or value; what no longer fits starts anew. */
export const change = (node: Comparison, changed: Partial<Comparison>): Comparison => {
  const type = changed.type ?? node.type;
  const isNewKind = type !== node.type;
  const wanted = changed.operator ?? node.operator;
  const operator = operatorsOf(type).includes(wanted) ? wanted : operatorsOf(type)[0]!;
  const name = hasPath(type) ? (changed.name ?? node.name ?? "") : undefined;
  const value = isUnary(operator) ? undefined : startValue(type, operator, isNewKind ? undefined : (changed.value ?? node.value));
  return { type, ...(name !== undefined && { name }), operator, ...(value !== undefined && { value }) };
};

const startValue = (type: Kind, operator: string, old: Json | undefined): Json => {
  if (isNumeric(operator)) return typeof old === "number" ? old : Number(old) || 0;
  if (old === undefined || old === null) return type === "event-type" ? "track" : "";
  return typeof old === "number" && (operator === "=" || operator === "!=") ? String(old) : old;
};

/** Return the comparison that a path of an event starts: `$.traits.plan` becomes `traits.plan exists`. */
export const startComparison = (path?: string): Comparison => {
  const [root = "", ...steps] = (path ?? "").replace(/^\$\./, "").split(".");
  const kind = (Object.keys(KINDS) as Kind[]).find((known) => KINDS[known] === root);
  if (!kind) return { type: "event-type", operator: "=", value: "track" };
  if (!hasPath(kind)) return { type: kind, operator: "=", value: "" };
  return { type: kind, name: steps.join("."), operator: "exists" };
};

/** A place in a tree: the indices of the children that lead to it. */
export type Place = readonly number[];

/** Return a tree with the node at a place replaced; undefined removes it, and groups that lose their last child. */
export const replaceAt = (tree: Group, place: Place, node: Node | undefined): Group => {
  const [index, ...rest] = place;
  if (index === undefined) return node && isGroup(node) ? node : tree;
  const child = tree.children[index];
  const next = rest.length && child && isGroup(child) ? emptied(replaceAt(child, rest, node)) : node;
  const children = tree.children.flatMap((old, at) => (at === index ? (next ?? []) : old));
  return { ...tree, children };
};

const emptied = (group: Group): Group | undefined => (group.children.length ? group : undefined);

/** Return a tree with a node added at the end of the group at a place. */
export const addAt = (tree: Group, place: Place, node: Node): Group => {
  const [index, ...rest] = place;
  if (index === undefined) return { ...tree, children: [...tree.children, node] };
  const child = tree.children[index];
  if (!child || !isGroup(child)) return tree;
  const changed = addAt(child, rest, node);
  return { ...tree, children: tree.children.map((old, at) => (at === index ? changed : old)) };
};

export const asGroup = (tree: Json | undefined): Group | undefined =>
  isObject(tree) && tree.type === "group" ? (tree as unknown as Group) : undefined;
export const toJson = (tree: Group): JsonObject => JSON.parse(JSON.stringify(tree)) as JsonObject;
