"""How a field is typed, whatever draws it, and what it is called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from destination_kit._json import as_array, as_object
from destination_kit.fields import iter_fields

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

Draft: TypeAlias = dict[str, Any]
"""A document in the making."""

Input: TypeAlias = Literal["hidden", "secret", "long", "usual"]


def input_of(field: JsonObject) -> Input:
    """Return whether a field is left out, masked, typed over several lines, or nothing of these."""
    if field.get("x-hidden") is True:
        return "hidden"
    if field.get("writeOnly") is True or field.get("format") == "password":
        return "secret"
    return "long" if field.get("format") == "text" else "usual"


def marked(schema: JsonObject) -> Iterator[tuple[str, JsonObject, str]]:
    """Yield each property: its name, its schema, and its label with a star if it is required.

    Neither generator marks a field of several choices, or a box to tick, by itself.
    """
    required = schema.get("required")
    names = as_array(required)
    for name, field in iter_fields(schema):
        yield name, field, f"{field.get('title') or name}{'*' if name in names else ''}"


def is_unmarked(field: JsonObject) -> bool:
    """Return whether no generator marks a field of this kind as required."""
    return field.get("type") == "boolean"


def items_of(field: JsonObject) -> JsonObject:
    """Return what each item of a list is; nothing where the field does not say."""
    items = field.get("items")
    return as_object(items)
