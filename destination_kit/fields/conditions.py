"""Which rules of a schema look at a payload before its values are coerced, and which after.

A condition on an object sees its properties as the mapping made them, as in the reference:
`{"const": 1}` there does not match `"1"`, although the field becomes a number later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import as_object
from destination_kit.fields.cleaning import list_types

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

CONDITIONS = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
_CHOICE = frozenset({"const", "title"})
_CONTAINERS = frozenset({"object", "array"})


def select_rules_before_coercion(schema: JsonObject) -> JsonObject:
    """Return the conditions of the schema and of what is in it, and nothing else."""
    own = {key: schema[key] for key in _conditions(schema)}
    properties = {
        name: rules
        for name, field in _properties(schema)
        if (rules := select_rules_before_coercion(field))
    }
    items = schema.get("items")
    of_items = select_rules_before_coercion(items) if isinstance(items, Mapping) else {}
    nested = {"properties": properties, "items": of_items}
    return own | {key: rules for key, rules in nested.items() if rules}


def select_rules_after_coercion(schema: JsonObject) -> JsonObject:
    """Return the schema without its conditions."""
    dropped = _conditions(schema)
    rest = {key: each for key, each in schema.items() if key not in dropped}
    if fields := {name: select_rules_after_coercion(field) for name, field in _properties(schema)}:
        rest["properties"] = {**as_object(schema.get("properties")), **fields}
    if items := as_object(schema.get("items")):
        rest["items"] = select_rules_after_coercion(items)
    return rest


def find_null_tests(schema: JsonObject) -> frozenset[str]:
    """Return the properties that a condition compares with null.

    The reference coerces as it compares: such a field has already turned from 0, false or empty
    text into null when its own type is looked at.
    """
    return frozenset(_tested(schema.get("allOf")))


def _tested(node: Json) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, each in node.items():
            if key == "properties" and isinstance(each, Mapping):
                yield from (name for name, test in each.items() if test == {"type": "null"})
            yield from _tested(each)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from _tested(each)


def _conditions(schema: JsonObject) -> list[str]:
    if not _is_container(schema):
        return []
    return [
        key
        for key, each in schema.items()
        if key in CONDITIONS and not (key == "oneOf" and _is_plain_choice(each, schema))
    ]


def _is_plain_choice(branches: Json, schema: JsonObject) -> bool:
    """Return whether the branches only enumerate values, which are asked of the coerced value.

    Of an object with properties they are asked before those are coerced, like a condition.
    """
    return (
        "properties" not in schema
        and isinstance(branches, list | tuple)
        and all(isinstance(each, Mapping) and each.keys() <= _CHOICE for each in branches)
    )


def _is_container(schema: JsonObject) -> bool:
    types = list_types(schema)
    return not types or not _CONTAINERS.isdisjoint(types)


def _properties(schema: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for name, field in as_object(schema.get("properties")).items():
        if isinstance(field, Mapping):
            yield name, field
