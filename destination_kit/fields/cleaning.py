"""Cleaning of payloads before validation: absent values, nulls and empty text go.

The rules are those of `removeEmptyValues` in the reference, for single events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from destination_kit._json import MISSING
from destination_kit._surrogates import to_well_formed
from destination_kit.fields.introspection import list_types

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

Draft: TypeAlias = Any
"""JSON under construction, in which `MISSING` may still stand."""

Cleaner: TypeAlias = Callable[[Draft], Draft]

PLAIN_TYPES = frozenset({int, float, bool, type(None)})
"""Types whose values need no copy and no repair; text may have lone surrogates."""

_CONTAINER_TYPES = frozenset({dict, list})


def copy_value(value: Draft) -> Draft:
    """Return a deep copy of dicts and lists, without absent keys; absent items stay `MISSING`.

    Lone surrogates become U+FFFD, because UTF-8 cannot carry them.
    """
    if isinstance(value, str):
        return value if value.isascii() else to_well_formed(value)
    if isinstance(value, Mapping):
        return {
            key if key.isascii() else to_well_formed(key): member
            if type(member) in PLAIN_TYPES or (type(member) is str and member.isascii())
            else copy_value(member)
            for key, member in value.items()
            if member is not MISSING
        }
    return list(map(copy_value, value)) if isinstance(value, Sequence) else value


def fill_missing_items(value: Draft) -> None:
    """Replace absent items of lists by null, in place, as JavaScript writes them in JSON.

    This comes after the checks. An absent item has no type, so it is refused as in the reference;
    a null would be coerced to "", 0 or false.
    """
    if isinstance(value, list) and MISSING in value:
        value[:] = [None if member is MISSING else member for member in value]
    for member in value.values() if isinstance(value, dict) else value:
        if type(member) in _CONTAINER_TYPES:
            fill_missing_items(member)


def compile_cleaner(schema: JsonObject, *, root: bool = False) -> Cleaner:
    """Compile the schema into a function that drops nulls and empty text; `MISSING` if all goes.

    Null stays only where the schema allows null, empty text only where it allows text. At the
    `root` empty text never stays. Parts that the schema does not describe stay as they are.
    """
    if not schema.get("type") and not schema.get("enum"):
        return _keep
    clean_object = _compile_object_cleaner(schema.get("properties"), root=root)
    clean_array = _compile_array_cleaner(schema.get("items"))
    clean_scalar = _select_scalar_cleaner(list_types(schema))
    if clean_object is None and clean_array is None:
        return clean_scalar

    def clean(value: Draft) -> Draft:
        if clean_object and isinstance(value, dict):
            return clean_object(value)
        if clean_array and isinstance(value, list):
            return clean_array(value)
        return clean_scalar(value)

    return clean


def _compile_object_cleaner(properties: Json, *, root: bool) -> Cleaner | None:
    if not isinstance(properties, Mapping):
        return None
    cleaners = {
        name: compile_cleaner(field)
        for name, field in properties.items()
        if isinstance(field, Mapping)
    }

    def clean(members: Draft) -> Draft:
        kept: dict[str, Draft] = {}
        for name, value in members.items():
            may_change = not value or type(value) in _CONTAINER_TYPES
            cleaned = cleaners[name](value) if may_change and name in cleaners else value
            if cleaned is not MISSING and not (root and cleaned == ""):
                kept[name] = cleaned
        return kept

    return clean


def _compile_array_cleaner(items: Json) -> Cleaner | None:
    if not isinstance(items, Mapping):
        return None
    clean = compile_cleaner(items)
    # The reference cleans an item only to decide whether to keep it, and then keeps the original
    # (`removeEmptyValues` in remove-empty-values.ts).
    return lambda values: [value for value in values if clean(value) is not MISSING]


def _select_scalar_cleaner(types: tuple[str, ...]) -> Cleaner:
    if "null" in types:
        return _keep if "string" in types else _drop_empty_text
    return _drop_null if "string" in types else _drop_null_and_empty_text


def _keep(value: Draft) -> Draft:
    return value


def _drop_null(value: Draft) -> Draft:
    return MISSING if value is None else value


def _drop_empty_text(value: Draft) -> Draft:
    return MISSING if value == "" else value


def _drop_null_and_empty_text(value: Draft) -> Draft:
    return MISSING if value is None or value == "" else value
