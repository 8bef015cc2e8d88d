"""Mappings that mix literals and directives, and mappings that are not valid."""

from __future__ import annotations

from tests.conformance.generate.chance import UNDEFINED, Chance
from tests.conformance.generate.directives import make_directive
from tests.conformance.generate.events import make_value

BROKEN = [
    {"@path": 1},
    {"@path": None},
    {"@path": ["a"]},
    {"@path": {"a": 1}},
    {"@template": 5},
    {"@template": {"x": 1}},
    {"@if": []},
    {"@if": {}},
    {"@if": {"exists": UNDEFINED, "then": 1}},
    {"@nope": 1},
    {"@": 1},
    {"@path": "a", "@template": "b"},
    {"@path": "a", "other": 1},
    {"@replace": {"pattern": "", "value": "x"}},
    {"@replace": {"pattern": "x" * 11, "value": "x"}},
    {"@replace": {"value": "x"}},
    {"@replace": {"pattern": "a"}},
    {"@replace": {"pattern": "a", "value": 5}},
    {"@replace": {"pattern": "a", "value": "x", "global": "yes"}},
    {"@case": {"operator": 1, "value": "x"}},
    {"@case": {"operator": "lower", "value": 3}},
    {"@case": {"value": "x"}},
    {"@arrayPath": "x"},
    {"@arrayPath": [1]},
    {"@arrayPath": []},
    {"@arrayPath": ["$.a", {"@nope": 1}]},
    {"@json": {"value": "x"}},
    {"@json": {"mode": "zip", "value": "x"}},
    {"@json": {"mode": "encode"}},
    {"@json": {"mode": "ENCODE", "value": 1}},
    {"@flatten": {"separator": 1, "value": {}}},
    {"@flatten": {"separator": "."}},
    {"@flatten": 7},
    {"@merge": {"direction": "up", "objects": []}},
    {"@merge": {"direction": "left"}},
    {"@merge": {"direction": "left", "objects": {}}},
    {"@merge": {"objects": [{}]}},
    {"@merge": {"direction": "left", "objects": [1, "a"]}},
    {"@transform": {"apply": {"a": 1}}},
    {"@transform": {"mapping": {}}},
    {"@transform": {"apply": 1, "mapping": 2}},
    {"@liquid": 5},
    {"@liquid": {"@path": "a"}},
    {"@excludeWhenNull": UNDEFINED},
    {"@literal": UNDEFINED},
    {"a": {"b": {"@path": 1}, "c": {"@nope": 2}}},
    {"@Path": "a"},
    {"@path": "a", "_metadata": 1},
    {"@if": {"exists": {"@path": 1}, "then": {"@nope": 1}}},
]


def make_mapping(chance: Chance, data):
    out = {}
    for i in range(chance.random.randint(1, 4)):
        out[
            chance.pick(["email", "userId", "nested", "list", "f" + str(i), "with space", "2", "1"])
        ] = chance.pick(
            [
                make_directive(chance, data, 2),
                make_directive(chance, data, 3),
                make_directive(chance, data, 1),
                {"inner": make_directive(chance, data, 1), "raw": make_value(chance, 1)},
                [make_directive(chance, data, 1), make_value(chance, 0)],
                make_value(chance, 1),
            ]
        )
    if chance.maybe(0.04):
        out["__segment_internal_directive"] = {
            "@transform": {"apply": {"userId": {"@path": "$.userId"}}}
        }
    return out


def make_bad_mapping(chance: Chance, data):
    out = make_mapping(chance, data) if chance.maybe(0.3) else {}
    for i in range(chance.random.randint(1, 3)):
        out["bad" + str(i)] = chance.pick(BROKEN)
    return chance.pick(
        [out, out, out, out, chance.pick(BROKEN), [chance.pick(BROKEN)], "x", None, 3]
    )
