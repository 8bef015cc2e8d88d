"""Requests that chance hardly ever makes, and that reach what nothing else does in the reference.

Directives that are malformed stand in arrays here, where no validation looks: they fail when they
run. Each seed brings all of them, with an event of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, TypeAlias

from tests.conformance.cases import LIQUID
from tests.conformance.generate.chance import Chance
from tests.conformance.generate.events import make_event
from tests.conformance.generate.json_text import (
    make_dropping_fields,
    make_dropping_payload,
    make_odd_event,
    make_text_mapping,
)
from tests.conformance.generate.liquid import rare_liquid

Request: TypeAlias = dict[str, Any]

ROOT = "__segment_internal_directive"
_REPLACE = {"pattern": "a", "value": "xay"}
DIRECTIVES = [
    {"@nope": 1},
    {"@Path": "$.userId"},
    {"@if": 5},
    {"@if": {"exists": False, "then": 1}},
    {"@case": 5},
    {"@case": {"value": "x"}},
    {"@case": {"operator": "title", "value": "x"}},
    {"@case": {"operator": "upper", "value": 5}},
    {"@replace": 5},
    {"@replace": {"value": "x"}},
    {"@replace": {**_REPLACE, "pattern": "x" * 11}},
    {"@replace": {**_REPLACE, "replacement": "x" * 11}},
    {"@replace": {**_REPLACE, "pattern2": "x" * 11}},
    {"@replace": {**_REPLACE, "value": True}},
    {"@replace": {**_REPLACE, "value": [1]}},
    {"@replace": {**_REPLACE, "ignorecase": "yes"}},
    {"@arrayPath": 5},
    {"@arrayPath": []},
    {"@arrayPath": ["$.userId", {"a": {"@path": "$.nope"}}]},
    {"@path": 5},
    {"@template": None},
    {"@flatten": 5},
    {"@flatten": {"value": {"a": 1}}},
    {"@flatten": {"value": {"a": 1}, "separator": {"@literal": 5}}},
    {"@json": 5},
    {"@json": {"value": "x"}},
    {"@json": {"mode": "encode"}},
    {"@json": {"mode": "other", "value": "x"}},
    {"@merge": 5},
    {"@merge": {"objects": []}},
    {"@merge": {"direction": "left"}},
    {"@merge": {"direction": "left", "objects": 5}},
    {"@merge": {"direction": "left", "objects": [None, "ab", [1], {"a": 1}]}},
    {"@transform": 5},
    {"@transform": {"apply": {"a": 1}}},
    {"@transform": {"mapping": {"a": 1}}},
    {"@transform": {"apply": 5, "mapping": {"a": 1}}},
    {"@transform": {"apply": {"a": {"@nope": 1}}, "mapping": {"a": 1}}},
    {"@excludeWhenNull": [None, {"a": None}]},
]
_ROOTS = [
    {"@transform": {"apply": {"a": 1}}, "@path": "$.userId"},
    {"@transform": {"apply": {"a": 1}}, "other": 1},
    {"@transform": None},
    {"@transform": 5},
    {},
    {"@merge": {"direction": "left", "objects": [{"a": 1}]}},
]
_OPERATORS = [
    [{"fieldKey": "b", "operator": "nope", "value": "x"}],
    [{"fieldKey": "b", "operator": "nope"}],
    [{"fieldKey": "b.c", "operator": "nope", "value": "x"}],
    [{"fieldKey": "b", "operator": "nope"}, {"fieldKey": "b", "operator": "is", "value": 1}],
    [],
]
_TRIGGERS = [
    "contains",
    "match",
    "!contains",
    "contains(",
    "match(event",
    "type",
    "type =",
    "userId = null",
    "userId != null",
    "userId = true",
    "userId = false",
    "name = null or name != null",
    "name = true",
    "event = null",
    "type\\",
    "properties.a.b",
    "(type",
    "a",
    "]",
    "properties.tags[0] = 1",
    'type="track"and name=null',
    "properties.x=-.5",
    "properties.x = 5.",
    "properties.x = 5.5.5",
    "!",
    "! type = 1",
]


def rare_requests(chance: Chance, op: str) -> Iterator[Request]:
    """Yield the rare requests of an operation; most operations have none."""
    yield from _RARE[op](chance) if op in _RARE else ()


def _fields() -> Iterator[dict[str, Any]]:
    """Yield field definitions with a condition that nobody can mean."""
    other = {"label": "B", "type": "string"}
    for conditions in _OPERATORS:
        required = {"conditions": conditions}
        yield {"a": {"label": "A", "type": "string", "required": required}, "b": other}


def _mapped(chance: Chance) -> Iterator[Request]:
    for directive in DIRECTIVES:
        yield {"mapping": {"f": [directive]}, "data": make_event(chance)}
    for root in _ROOTS:
        yield {"mapping": {"f": {"@path": "$.a"}, ROOT: root}, "data": make_event(chance)}


def _batches(chance: Chance) -> Iterator[Request]:
    for each in _mapped(chance):
        yield {**each, "data": [each["data"]] * chance.pick([0, 1, 2])}


def _payloads(chance: Chance) -> Iterator[Request]:
    fields = {"a": {"label": "A", "type": "string", "required": chance.maybe()}}
    for payload in ("text", 5, None, [], [{"a": 1}], {"a": None}):
        yield {"fields": fields, "payload": payload, "batch": chance.maybe()}
    for each in _fields():
        yield {"fields": each, "payload": {"b": "x"}, "batch": chance.maybe()}


def _trees(chance: Chance) -> Iterator[Request]:
    odd: list[dict[str, Any]] = [
        {"type": "event-property", "operator": "=", "value": "x"},
        {"type": "event-trait", "operator": "exists", "name": 5},
        {"type": "event-type", "operator": "odd", "value": "x"},
    ]
    for condition in odd:
        yield {"type": "group", "operator": chance.pick(["and", "or"]), "children": [condition]}


def _texts(chance: Chance) -> Iterator[Request]:
    for _ in range(40):
        yield {"mapping": make_text_mapping(chance), "data": make_odd_event(chance)}


def _text_batches(chance: Chance) -> Iterator[Request]:
    for each in _texts(chance):
        yield {**each, "data": [each["data"], make_odd_event(chance)]}


def _dropping_payloads(chance: Chance) -> Iterator[Request]:
    for _ in range(40):
        payload = make_dropping_payload(chance)
        fields = make_dropping_fields(chance)
        yield {"fields": fields, "payload": payload, "batch": chance.maybe(0.3)}


def _instance(chance: Chance, fields: Any, mapping: Any, event: Any) -> Request:
    action = {"title": "Send", "fields": fields, "batch": chance.maybe(0.5)}
    subscription = {"partnerAction": "send", "subscribe": "type = track", "mapping": mapping}
    return {
        "destination": {"name": "Echo", "actions": {"send": action}},
        "event": event,
        "settings": {"subscriptions": [subscription] * chance.pick([1, 1, 2])},
    }


def _instances(chance: Chance) -> Iterator[Request]:
    text = {"label": "Text", "type": "string"}
    for _ in range(30):
        mapping = make_text_mapping(chance)
        fields = {name: {**text, "label": name} for name in mapping}
        yield _instance(chance, fields, mapping, make_odd_event(chance))
        payload = make_dropping_payload(chance)
        source = {name: {"@path": f"$.properties.{name}"} for name in ("list", "n")}
        mapping = chance.pick([source, {name: {"@literal": payload.get(name)} for name in payload}])
        event = {"type": "track", "properties": payload}
        yield _instance(chance, make_dropping_fields(chance), mapping, event)


def _instance_batches(chance: Chance) -> Iterator[Request]:
    for each in _instances(chance):
        *_, subscription = each["settings"]["subscriptions"]
        events = [each["event"]] * chance.pick([1, 2])
        settings = {"subscription": subscription}
        yield {"destination": each["destination"], "events": events, "settings": settings}


_RARE = {
    LIQUID: rare_liquid,
    "transform": lambda chance: chain(_mapped(chance), _texts(chance)),
    "mappingAfter": _mapped,
    "transformBatch": lambda chance: chain(_batches(chance), _text_batches(chance)),
    "onEvent": _instances,
    "onBatch": _instance_batches,
    "validateMapping": lambda chance: (
        {"mapping": {"f": directive}} for directive in DIRECTIVES if chance.maybe(0.9)
    ),
    "render": lambda chance: (
        {"template": template, "data": make_event(chance)} for template in (5, None, [], {})
    ),
    "fieldsToJsonSchema": lambda _: ({"fields": each, "options": {}} for each in _fields()),
    "validatePayload": lambda chance: chain(_payloads(chance), _dropping_payloads(chance)),
    "parseFql": lambda _: ({"fql": text} for text in _TRIGGERS),
    "lexFql": lambda _: ({"fql": text} for text in _TRIGGERS),
    "roundTripFql": lambda _: ({"fql": text} for text in _TRIGGERS),
    "matchFql": lambda chance: ({"fql": text, "event": make_event(chance)} for text in _TRIGGERS),
    "generateFql": lambda chance: ({"ast": tree} for tree in _trees(chance)),
    "matchAst": lambda chance: (
        {"ast": {**tree, "operator": operator}, "event": make_event(chance)}
        for tree in _trees(chance)
        for operator in ("and", "xor")
    ),
}
