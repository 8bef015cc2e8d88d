"""One request per operation of the oracle, and Liquid, which is a `transform` on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from tests.conformance.cases import LIQUID
from tests.conformance.generate.chance import UNDEFINED, Chance
from tests.conformance.generate.destinations import on_batch, on_event
from tests.conformance.generate.events import make_event, make_obj, make_value
from tests.conformance.generate.fields import make_fields, make_payload
from tests.conformance.generate.liquid import liquid
from tests.conformance.generate.mappings import make_bad_mapping, make_mapping
from tests.conformance.generate.paths import make_path, make_template
from tests.conformance.generate.rare import rare_requests
from tests.conformance.generate.triggers import make_group, make_trigger, make_trigger_for

Request: TypeAlias = dict[str, Any]


def transform(chance: Chance):
    data = make_event(chance)
    if chance.maybe(0.03):
        data = chance.pick([UNDEFINED, None, [], "x", 5])
    return {
        "mapping": make_bad_mapping(chance, data)
        if chance.maybe(0.12)
        else make_mapping(chance, data),
        "data": data,
    }


def transform_batch(chance: Chance):
    events = [make_event(chance) for _ in range(chance.random.randint(0, 3))]
    return {
        "mapping": make_bad_mapping(chance, events[:1])
        if chance.maybe(0.1)
        else make_mapping(chance, events[0] if events else {}),
        "data": chance.pick([None, {}, "x"]) if chance.maybe(0.03) else events,
    }


def match_fql(chance: Chance):
    event = make_event(chance)
    return {
        "fql": make_trigger_for(chance, event) if chance.maybe(0.6) else make_trigger(chance),
        "event": chance.pick([UNDEFINED, {}]) if chance.maybe(0.02) else event,
    }


def validate_payload(chance: Chance):
    fields = make_fields(chance)
    return {"fields": fields, "payload": make_payload(chance, fields), "batch": chance.maybe(0.2)}


def get(chance: Chance):
    obj = chance.pick(
        [
            make_event(chance),
            make_value(chance, 3),
            make_obj(chance, 3),
            "string",
            None,
            [1, [2, {"a": 3}]],
        ]
    )
    path = (
        make_path(chance, obj, prefix=False)
        if chance.maybe(0.85)
        else chance.pick(
            [
                ["a"],
                ["properties", "email"],
                [],
                None,
                UNDEFINED,
                "",
                ".",
                "0",
                ["properties", "products", "0", "name"],
                "length",
            ]
        )
    )
    return {"obj": obj, "path": path}


def render(chance: Chance):
    data = make_event(chance)
    return {"template": make_template(chance, data), "data": data}


def remove_empty_values(chance: Chance):
    """Make a payload with a schema as the reference writes them: `null` only where it is allowed."""
    fields = make_fields(chance)
    properties = {name: _schema_of(field) for name, field in fields.items()}
    schema = {"type": "object", "properties": properties}
    return {
        "payload": make_payload(chance, fields),
        "schema": schema if chance.maybe(0.95) else UNDEFINED,
        "isRoot": chance.maybe(0.6),
    }


def _schema_of(field):
    """Return the part of a field's schema that the cleaning of payloads looks at."""
    kind = {"text": "string", "password": "string", "datetime": "string"}.get(
        field["type"], field["type"]
    )
    schema = {
        "type": [kind, "null"] if field.get("allowNull") else kind,
    }
    if nested := field.get("properties"):
        schema["properties"] = {key: _schema_of(each) for key, each in nested.items()}
    return {"type": "array", "items": schema} if field.get("multiple") else schema


OPS = {
    "transform": transform,
    "transformBatch": transform_batch,
    "validateMapping": lambda chance: {
        "mapping": make_bad_mapping(chance, {})
        if chance.maybe(0.7)
        else make_mapping(chance, make_event(chance))
    },
    "lexFql": lambda chance: {"fql": make_trigger(chance)},
    "parseFql": lambda chance: {"fql": make_trigger(chance)},
    "matchFql": match_fql,
    "generateFql": lambda chance: {"ast": make_group(chance, 2)},
    "roundTripFql": lambda chance: {"fql": make_trigger(chance)},
    "fieldsToJsonSchema": lambda chance: {
        "fields": make_fields(chance),
        "options": chance.pick(
            [
                {},
                {},
                {"tsType": True},
                {"additionalProperties": True},
                {"omitRequiredSchemas": True},
            ]
        ),
    },
    "validatePayload": validate_payload,
    "get": get,
    "onEvent": on_event,
    "onBatch": on_batch,
    "jsString": lambda chance: {
        "value": chance.pick(
            [
                chance.random.uniform(-1e3, 1e3),
                chance.random.uniform(0, 1) * 10 ** chance.random.randint(-12, 25),
                chance.random.randint(-(2**60), 2**60),
                make_value(chance, 2),
            ]
        )
    },
    "jsNumber": lambda chance: {"value": make_value(chance, 1)},
    "jsStringify": lambda chance: {
        "value": chance.pick([make_value(chance, 3), [UNDEFINED, {"a": UNDEFINED, "b": 1}]])
    },
    "mappingAfter": transform,
    "matchAst": lambda chance: {"ast": make_group(chance, 2), "event": make_event(chance)},
    "render": render,
    "flatten": lambda chance: {
        "value": make_value(chance, 4),
        "separator": chance.pick([".", "_", "", "é"]),
        "omitArrays": chance.maybe(0.3),
    },
    "subscriptionGet": get,
    "removeEmptyValues": remove_empty_values,
    LIQUID: liquid,
}


def make_requests(seed: int, count: int, ops: Iterable[str] = tuple(OPS)) -> Iterator[Request]:
    """Yield `count` requests for each operation; what one gets does not depend on the others.

    A request may name another operation to be asked for than the one that it is made for.
    """
    for op in ops:
        chance = Chance(f"{seed}/{op}")
        for number in range(count):
            yield {"id": f"{op}-{seed}-{number}", "op": op, **OPS[op](chance)}


def make_rare_requests(seed: int, ops: Iterable[str] = tuple(OPS)) -> Iterator[Request]:
    """Yield, for each operation, the requests that chance would hardly ever make."""
    for op in ops:
        made = rare_requests(Chance(f"{seed}/{op}/rare"), op)
        for number, request in enumerate(made):
            yield {"id": f"{op}-{seed}-rare{number}", "op": op, **request}
