"""Rules of JSON Schema that stay quick for the many members of a large value.

`jsonschema` takes 10 µs for each member. Most members are certainly valid, which our own validity
tests find in a tenth of a microsecond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from destination_kit._patterns import compile_search
from destination_kit.fields.fast_path import compile_validity_test
from destination_kit.fields.uniqueness import are_items_unique

#: Members of one array or object that `jsonschema` checks one by one, which takes 20 ms or more.
MOST_UNDECIDED: Final = 2_000

_Rule = Callable[[Any, Any, Any, Any], Iterator[Any]]
"""(validator, value of the keyword, instance, schema) -> errors."""


def _check_items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(items, Mapping):
        yield from _rule_of_library("items")(validator, items, instance, schema)
    elif validator.is_type(instance, "array"):
        yield from _check_members(validator, enumerate(instance), items)


def _check_additional(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(rule, Mapping) or "patternProperties" in schema:
        yield from _rule_of_library("additionalProperties")(validator, rule, instance, schema)
    elif validator.is_type(instance, "object"):
        known = schema.get("properties", {})
        members = ((name, member) for name, member in instance.items() if name not in known)
        yield from _check_members(validator, members, rule)


def _check_names(validator: Any, rule: Any, instance: Any, _: Any) -> Iterator[Any]:
    if validator.is_type(instance, "object"):
        yield from _check_members(validator, ((None, name) for name in instance), rule)


def _check_members(
    validator: Any, members: Iterable[tuple[Any, Any]], schema: Any
) -> Iterator[Any]:
    from jsonschema import ValidationError

    is_valid, undecided = compile_validity_test(schema), 0
    for key, member in members:
        if is_valid(member):
            continue
        undecided += 1
        if undecided > MOST_UNDECIDED:
            yield ValidationError("has too many members to check one by one")
            return
        yield from validator.descend(member, schema, path=key)


def _check_unique(validator: Any, rule: Any, instance: Any, _: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if rule and validator.is_type(instance, "array") and not are_items_unique(instance):
        yield ValidationError("has an item twice")


def _check_pattern(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not compile_search(pattern)(instance):
        yield ValidationError("does not match")


def _check_pattern_properties(validator: Any, rules: Any, instance: Any, _: Any) -> Iterator[Any]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, schema in rules.items():
        is_match = compile_search(pattern)
        members = ((name, member) for name, member in instance.items() if is_match(name))
        yield from _check_members(validator, members, schema)


def _rule_of_library(keyword: str) -> _Rule:
    from jsonschema import Draft7Validator

    rule: Any = Draft7Validator.VALIDATORS[keyword]
    return lambda *arguments: rule(*arguments) or iter(())


LINEAR_RULES: Final[Mapping[str, _Rule]] = MappingProxyType(
    {
        "items": _check_items,
        "additionalProperties": _check_additional,
        "propertyNames": _check_names,
        "uniqueItems": _check_unique,
        "pattern": _check_pattern,
        "patternProperties": _check_pattern_properties,
    }
)
"""Keyword -> its rule."""
