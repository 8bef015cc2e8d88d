"""Widgets of fields, the same for every form generator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from destination_kit._json import as_object

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

WidgetKind: TypeAlias = Literal["hidden", "password", "textarea", "default"]


def get_widget_kind(field: JsonObject) -> WidgetKind:
    """Return the kind of widget that a field's schema asks for."""
    if field.get("x-hidden") is True:
        return "hidden"
    if field.get("writeOnly") is True or field.get("format") == "password":
        return "password"
    return "textarea" if field.get("format") == "text" else "default"


def get_item_schema(field: JsonObject) -> JsonObject:
    """Return the schema of a list's items, `{}` if the field has none."""
    return as_object(field.get("items"))
