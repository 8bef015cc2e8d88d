import { expect, test } from "vitest";
import { addAt, change, isDrawn, operatorsOf, replaceAt, startComparison } from "../src/model/trigger";
import type { Comparison, Group } from "../src/model/trigger";

const type: Comparison = { type: "event-type", operator: "=", value: "track" };
const plan: Comparison = { type: "event-trait", name: "plan", operator: "exists" };
const any: Group = { type: "group", operator: "or", children: [plan] };
const tree: Group = { type: "group", operator: "and", children: [type, any] };

test("a clause is replaced, added and removed where it stands", () => {
  expect(replaceAt(tree, [1, 0], type).children[1]).toEqual({ ...any, children: [type] });
  expect(addAt(tree, [1], type).children[1]).toEqual({ ...any, children: [plan, type] });
  expect(replaceAt(tree, [0], undefined).children).toEqual([any]);
});

test("a group that loses its last clause goes with it", () => {
  expect(replaceAt(tree, [1, 0], undefined).children).toEqual([type]);
});

test("another kind starts with an operator and a value that it takes", () => {
  expect(change(plan, { type: "event-type" })).toEqual(type);
  expect(change(type, { type: "event-property" })).toEqual({ type: "event-property", name: "", operator: "=", value: "" });
  expect(change(plan, { operator: ">" })).toEqual({ ...plan, operator: ">", value: 0 });
  expect(change({ ...plan, operator: "=", value: "gold" }, { operator: "exists" })).toEqual(plan);
});

test("a clause of a path of the event asks whether it exists", () => {
  expect(startComparison("$.traits.address.city")).toEqual({ type: "event-trait", name: "address.city", operator: "exists" });
  expect(startComparison("$.event")).toEqual({ type: "event", operator: "=", value: "" });
  expect(startComparison("$.messageId")).toEqual(type);
});

test("what the builder does not draw stays text", () => {
  expect(isDrawn(JSON.parse(JSON.stringify(tree)))).toBe(true);
  expect(isDrawn({ type: "group", operator: "not", children: [] })).toBe(false);
  expect(isDrawn({ type: "event-type", operator: "contains", value: "a" })).toBe(false);
  expect(operatorsOf("event-trait")).toContain("is_true");
});
