"""Conditions of a schema, which see a payload before coercion; its other rules see it after.

The reference checks a condition on the properties as the mapping made them: `{"const": 1}` does
not match `"1"`, although the field becomes a number later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import as_object
from destination_kit.fields.introspection import iter_fields, list_types

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

CONDITIONS = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
"""The keywords of JSON Schema that combine or condition other rules."""

_CHOICE_KEYWORDS = frozenset({"const", "title"})
_CONTAINER_TYPES = frozenset({"object", "array"})


def drop_conditions(schema: JsonObject) -> dict[str, Json]:
    """Return the schema without its conditions; those of nested schemas stay."""
    return {keyword: rule for keyword, rule in schema.items() if keyword not in CONDITIONS}


def select_rules_before_coercion(schema: JsonObject) -> JsonObject:
    """Return the conditions of the schema and of its nested schemas, and nothing else."""
    conditions = {keyword: schema[keyword] for keyword in _list_conditions(schema)}
    properties = {
        name: rules
        for name, field in iter_fields(schema)
        if (rules := select_rules_before_coercion(field))
    }
    items = schema.get("items")
    item_rules = select_rules_before_coercion(items) if isinstance(items, Mapping) else {}
    nested = {"properties": properties, "items": item_rules}
    return conditions | {keyword: rules for keyword, rules in nested.items() if rules}


def select_rules_after_coercion(schema: JsonObject) -> JsonObject:
    """Return the schema without the rules that `select_rules_before_coercion` returns."""
    conditions = _list_conditions(schema)
    rules = {keyword: rule for keyword, rule in schema.items() if keyword not in conditions}
    if fields := {name: select_rules_after_coercion(field) for name, field in iter_fields(schema)}:
        rules["properties"] = {**as_object(schema.get("properties")), **fields}
    if items := as_object(schema.get("items")):
        rules["items"] = select_rules_after_coercion(items)
    return rules


def find_null_tests(schema: JsonObject) -> frozenset[str]:
    """Return the properties that a condition compares with null.

    Ajv coerces a value where a rule tests its type. Such a field has already turned from 0, false
    or empty text into null when its own type is tested.
    """
    # The reference writes all its conditions into `allOf` (`conditionsToJsonSchema` in
    # fields-to-jsonschema.ts). An imported definition keeps them there.
    return frozenset(_iter_null_tests(schema.get("allOf")))


def _iter_null_tests(rule: Json) -> Iterator[str]:
    if isinstance(rule, Mapping):
        for keyword, nested in rule.items():
            if keyword == "properties" and isinstance(nested, Mapping):
                yield from (name for name, test in nested.items() if test == {"type": "null"})
            yield from _iter_null_tests(nested)
    elif isinstance(rule, list | tuple):
        for nested in rule:
            yield from _iter_null_tests(nested)


def _list_conditions(schema: JsonObject) -> list[str]:
    # Ajv coerces a scalar before it checks the conditions of that scalar. It coerces the members of
    # a container after the container's conditions (`getRules` in lib/compile/rules.ts).
    if not _may_be_container(schema):
        return []
    return [
        keyword
        for keyword, rule in schema.items()
        if keyword in CONDITIONS and not (keyword == "oneOf" and _is_labelled_choice(rule, schema))
    ]


def _is_labelled_choice(branches: Json, schema: JsonObject) -> bool:
    """Return whether the branches only enumerate values, which the coerced value must match.

    In an object with properties they are a condition all the same: the reference checks them
    before it coerces the properties.
    """
    return (
        "properties" not in schema
        and isinstance(branches, list | tuple)
        and all(
            isinstance(branch, Mapping) and branch.keys() <= _CHOICE_KEYWORDS for branch in branches
        )
    )


def _may_be_container(schema: JsonObject) -> bool:
    types = list_types(schema)
    return not types or not _CONTAINER_TYPES.isdisjoint(types)
