"""Widgets and labels of fields, the same for every form generator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from destination_kit._json import as_array, as_object
from destination_kit.fields import iter_fields

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

#: A JSON object that is still being built.
JsonDict: TypeAlias = dict[str, Any]

WidgetKind: TypeAlias = Literal["hidden", "password", "textarea", "default"]


def get_widget_kind(field: JsonObject) -> WidgetKind:
    """Return the kind of widget that a field's schema asks for."""
    if field.get("x-hidden") is True:
        return "hidden"
    if field.get("writeOnly") is True or field.get("format") == "password":
        return "password"
    return "textarea" if field.get("format") == "text" else "default"


def iter_labeled_fields(schema: JsonObject) -> Iterator[tuple[str, JsonObject, str]]:
    """Yield the name, the schema and the label of each property, with `*` if it is required.

    Neither rjsf nor JSON Forms marks a `oneOf` field or a checkbox as required.
    """
    required_names = as_array(schema.get("required"))
    for name, field in iter_fields(schema):
        marker = "*" if name in required_names else ""
        yield name, field, f"{field.get('title') or name}{marker}"


def is_checkbox(field: JsonObject) -> bool:
    """Return whether form generators draw a field as a checkbox."""
    return field.get("type") == "boolean"


def get_item_schema(field: JsonObject) -> JsonObject:
    """Return the schema of a list's items, `{}` if the field has none."""
    return as_object(field.get("items"))
