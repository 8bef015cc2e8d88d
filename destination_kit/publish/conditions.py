"""Conditions between fields, as JSON Schema of the mapping or of the settings around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object
from destination_kit.fields import iter_fields
from destination_kit.publish.grammar import JsonDict

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

_EMPTY = (None, "")


def build_visibility(field: JsonObject) -> JsonDict | None:
    """Return the schema of the values around a field that show it; None if it is always shown."""
    depends_on = as_object(field.get("x-depends-on"))
    rules = [
        _build_condition(condition)
        for condition in map(as_object, as_array(depends_on.get("conditions")))
        # Other conditions concern what is no field, such as the sync mode.
        if condition.get("fieldKey")
    ]
    if not rules:
        return None
    return {"anyOf" if depends_on.get("match") == "any" else "allOf": rules}


def _build_condition(condition: JsonObject) -> JsonDict:
    value = condition.get("value")
    is_equal = _build_test(str(condition["fieldKey"]).split("."), value)
    # An empty value of the condition stands for a field without a value.
    is_positive = (condition.get("operator") == "is") != (value in _EMPTY)
    return is_equal if is_positive else {"not": is_equal}


def _build_test(names: list[str], value: Json) -> JsonDict:
    name, *inner = names
    if inner:
        return {"required": [name], "properties": {name: _build_test(inner, value)}}
    if value in _EMPTY:
        test: JsonDict = {"not": {"enum": [*_EMPTY]}}
    else:
        test = {"enum": [*as_array(value)]} if isinstance(value, list | tuple) else {"const": value}
    return {"required": [name], "properties": {name: test}}


def group_by_category(schema: JsonObject) -> Iterator[tuple[str | None, list[str]]]:
    """Yield (category, names of its fields), where the first field of each category stands."""
    groups: dict[object, list[str]] = {}
    for name, field in iter_fields(schema):
        category = field.get("x-category")
        # Each field without a category stands for itself, so that the order stays.
        groups.setdefault(category or (name,), []).append(name)
    for key, names in groups.items():
        yield (key if isinstance(key, str) else None), names
