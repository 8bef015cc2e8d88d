import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readDirectives, readFields, isShown } from "../src/model/fields";
import type { Field, Schema } from "../src/model/fields";
import { put } from "../src/model/json";
import type { Json, JsonObject } from "../src/model/json";
import { firstPath, findPaths, readFirstOf, startWay, waysOf, wayOf, writeFirstOf } from "../src/model/ways";

const SCHEMAS = join(import.meta.dirname, "../../../schemas");
const load = (...names: string[]) => JSON.parse(readFileSync(join(SCHEMAS, ...names), "utf8")) as Schema;
const DIRECTIVES = readDirectives(load("mapping.schema.json")).map(({ name }) => name);
const packages = readdirSync(SCHEMAS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const forms = packages.flatMap(({ name }) =>
  readdirSync(join(SCHEMAS, name)).filter((file) => file.endsWith(".form.schema.json")).map((file) => [name, file] as const),
);

const path = (text: string): JsonObject => ({ "@path": text });
const field = (type: string, more: Partial<Field> = {}): Field => ({
  ...readFields({ properties: { x: { title: "X", oneOf: [
    { i18n: `choice.${type}`, title: "Literal", type, ...(type === "object" && { additionalProperties: true }) },
    ...["variable", "template", "if-exists", "json", "leave-out"].map((key) => ({ i18n: `choice.${key}`, title: key, type: "object" })),
  ] } } })[0]!,
  ...more,
});

describe("the way of a saved value", () => {
  const rows: [string, string, Json | undefined][] = [
    ["value", "string", "text"],
    ["value", "boolean", false],
    ["json", "string", 5],
    ["json", "boolean", null],
    ["event", "string", path("$.a")],
    ["json", "string", { ...path("$.a"), other: 1 }],
    ["template", "string", { "@template": "{{a}}" }],
    ["firstOf", "string", { "@if": { exists: path("$.a"), then: path("$.a"), else: "EN" } }],
    ["@if", "string", { "@if": { exists: path("$.a"), then: path("$.b") } }],
    ["@if", "string", { "@if": { then: path("$.a"), exists: path("$.a") } }],
    ["@case", "string", { "@case": { operator: "lower", value: path("$.a") } }],
    ["json", "string", { "@unheard": 1 }],
    ["names", "object", { plan: path("$.traits.plan") }],
    ["json", "string", { plan: 1 }],
    ["json", "object", { "@path": "$.a", plan: 1 }],
    ["leaveOut", "string", undefined],
  ];
  test.each(rows)("%s in a field of %s: %j", (way, type, value) => {
    expect(wayOf(field(type), value, DIRECTIVES)).toBe(way);
  });
});

test("a chain of conditions is read and written without a change", () => {
  const value: Json = {
    "@if": { exists: path("$.a"), then: path("$.a"), else: { "@if": { exists: path("$.b"), then: path("$.b"), else: 5 } } },
  };
  const chain = readFirstOf(value);
  expect(chain).toEqual([{ path: "$.a" }, { path: "$.b" }, { literal: 5 }]);
  expect(JSON.stringify(writeFirstOf(chain!))).toBe(JSON.stringify(value));
});

test("one source is no condition, and none is nothing", () => {
  expect(writeFirstOf([{ path: "$.a" }])).toEqual({ "@if": { exists: path("$.a"), then: path("$.a") } });
  expect(writeFirstOf([{ literal: "EN" }])).toBe("EN");
  expect(writeFirstOf([])).toBeUndefined();
});

describe.each(forms)("%s/%s", (folder, file) => {
  const document = load(folder, file);
  const stem = file.replace(".form.schema.json", "");
  const fields = readFields(document, load(folder, `${stem}.form.rjsf.json`));
  const defaults = load(folder, `${stem}.defaults.json`) as JsonObject;

  test("shows every field of the document once, the required ones marked", () => {
    expect(fields.map(({ name }) => name).sort()).toEqual(Object.keys(document.properties as JsonObject).sort());
    expect(fields.filter(({ isRequired }) => isRequired).map(({ name }) => name).sort()).toEqual([...(document.required as string[])].sort());
  });

  test("offers the way of each default, so no default is JSON", () => {
    for (const shown of fields.filter(({ name }) => name in defaults)) {
      const way = wayOf(shown, defaults[shown.name], DIRECTIVES);
      expect(way, shown.name).not.toBe("json");
      expect(waysOf(shown, DIRECTIVES), shown.name).toContain(way);
    }
  });

  test("choosing the way that a value has already changes nothing", () => {
    for (const shown of fields.filter(({ name }) => name in defaults)) {
      const way = wayOf(shown, defaults[shown.name], DIRECTIVES);
      expect(startWay(shown, way, defaults[shown.name], DIRECTIVES)).toBe(defaults[shown.name]);
    }
  });

  test("what a way starts with is of that way", () => {
    for (const shown of fields) {
      for (const way of waysOf(shown, DIRECTIVES).filter((one) => one !== "json")) {
        const started = startWay(shown, way, path("$.traits.email"), DIRECTIVES);
        expect(wayOf(shown, started, DIRECTIVES), `${shown.name} ${way}`).toBe(way);
      }
    }
  });
});

test("a change of the way keeps the path", () => {
  expect(startWay(field("string"), "template", path("$.traits.email"), DIRECTIVES)).toEqual({ "@template": "{{traits.email}}" });
  expect(firstPath({ "@case": { operator: "lower", value: path("$.a") } })).toBe("$.a");
});

test("a required field cannot be left out", () => {
  expect(waysOf(field("string"), DIRECTIVES)).toContain("leaveOut");
  expect(waysOf(field("string", { isRequired: true }), DIRECTIVES)).not.toContain("leaveOut");
});

test("replacing a member keeps the order of the others", () => {
  expect(JSON.stringify(put({ a: 1, b: 2, c: 3 }, "b", 4))).toBe('{"a":1,"b":4,"c":3}');
  expect(put({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
});

test("paths of an event are completed by any part of them; what no path can name is left out", () => {
  const event = { userId: "u", traits: { email: "e", "a.b": 1 } };
  expect(findPaths(event, "mail")).toEqual(["$.traits.email"]);
  expect(findPaths(event, "")).toEqual(["$.userId", "$.traits", "$.traits.email"]);
});

test("a field under a rule is shown where the condition holds", () => {
  const layout = { elements: [{ scope: "#/properties/b", rule: { effect: "SHOW", condition: {
    scope: "#", schema: { properties: { a: { const: "on" } }, required: ["a"] } } } }] };
  expect(isShown("b", layout, { a: "on" })).toBe(true);
  expect(isShown("b", layout, { a: "off" })).toBe(false);
  expect(isShown("b", layout, {})).toBe(false);
  expect(isShown("a", layout, {})).toBe(true);
});
