"""What a payload loses before it is checked: absent values, nulls and empty text no field takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from destination_kit._javascript import to_well_formed
from destination_kit._json import MISSING, as_array

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

Draft: TypeAlias = Any
"""JSON in the making: MISSING may still stand in it."""

Clean: TypeAlias = Callable[[Draft], Draft]

PLAIN = frozenset({int, float, bool, type(None)})
_CONTAINERS = frozenset({dict, list})


def copy_draft(value: Draft, gaps: list[None]) -> Draft:
    """Return a copy that shares no container with the value; objects are dicts, arrays lists.

    Absent keys go. An absent item stays until the array has been checked, and is noted in `gaps`.
    Half surrogates become U+FFFD.
    """
    if isinstance(value, str):
        return value if value.isascii() else to_well_formed(value)
    if isinstance(value, Mapping):
        return {
            key if key.isascii() else to_well_formed(key): each
            if type(each) in PLAIN or (type(each) is str and each.isascii())
            else copy_draft(each, gaps)
            for key, each in value.items()
            if each is not MISSING
        }
    if isinstance(value, Sequence):
        return [copy_draft(each, gaps) for each in value]
    if value is MISSING:
        gaps.append(None)
    return value


def fill_missing_items(value: Draft) -> Json:
    """Return the value with null for every absent item, as when JavaScript writes JSON."""
    if isinstance(value, dict):
        return {key: fill_missing_items(each) for key, each in value.items()}
    if isinstance(value, list):
        return [fill_missing_items(each) for each in value]
    return None if value is MISSING else value


def compile_cleaner(schema: JsonObject, *, root: bool = False) -> Clean:
    """Compile the schema into what takes the empty parts out of a value; MISSING if nothing stays.

    Null stays only where the schema allows it, empty text only where it allows text; at the root
    no empty text stays. An array's items are kept or dropped whole. A part that the schema does
    not describe is left alone (the reference's rules, those of single events).
    """
    if not schema.get("type") and not schema.get("enum"):
        return _unchanged
    of_object = _object_cleaner(schema.get("properties"), root=root)
    of_array = _array_cleaner(schema.get("items"))
    of_scalar = _scalar_cleaner(list_types(schema))
    if of_object is None and of_array is None:
        return of_scalar

    def clean(value: Draft) -> Draft:
        if of_object and isinstance(value, dict):
            return of_object(value)
        if of_array and isinstance(value, list):
            return of_array(value)
        return of_scalar(value)

    return clean


def list_types(schema: JsonObject) -> tuple[str, ...]:
    """Return the schema's types in their order; none where it does not say."""
    types = schema.get("type") or ()
    return (types,) if isinstance(types, str) else tuple(map(str, as_array(types)))


def _object_cleaner(properties: Json, *, root: bool) -> Clean | None:
    if not isinstance(properties, Mapping):
        return None
    cleaners = {
        name: compile_cleaner(field)
        for name, field in properties.items()
        if isinstance(field, Mapping)
    }

    def clean(value: Draft) -> Draft:
        kept: dict[str, Draft] = {}
        for name, each in value.items():
            may_go = not each or type(each) in _CONTAINERS
            left = cleaners[name](each) if may_go and name in cleaners else each
            if left is not MISSING and not (root and left == ""):
                kept[name] = left
        return kept

    return clean


def _array_cleaner(items: Json) -> Clean | None:
    if not isinstance(items, Mapping):
        return None
    clean = compile_cleaner(items)
    return lambda value: [each for each in value if clean(each) is not MISSING]


def _scalar_cleaner(types: tuple[str, ...]) -> Clean:
    if "null" in types:
        return _unchanged if "string" in types else _without_empty_text
    return _without_null if "string" in types else _without_either


def _unchanged(value: Draft) -> Draft:
    return value


def _without_null(value: Draft) -> Draft:
    return MISSING if value is None else value


def _without_empty_text(value: Draft) -> Draft:
    return MISSING if value == "" else value


def _without_either(value: Draft) -> Draft:
    return MISSING if value is None or value == "" else value
