"""The JSON Forms `uischema`: groups, rules and widgets.

`jsonforms-renderers.jsx` draws each control of it. The widgets of fields inside objects follow from
the schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from destination_kit._json import pointer
from destination_kit.fields import iter_fields
from destination_kit.publish.conditions import build_visibility, group_by_category
from destination_kit.publish.grammar import JsonDict
from destination_kit.publish.widgets import WidgetKind, get_widget_kind

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_WIDGET_OPTIONS: Mapping[WidgetKind, JsonDict] = {
    "password": {"format": "password"},
    "textarea": {"multi": True},
}
# JSON Forms has no editor for names that no field has. A control of the whole object lets
# `jsonforms-renderers.jsx` draw one.
_OPEN_MAP: JsonDict = {"type": "Control", "scope": "#"}


def build_settings_uischema(settings: JsonObject) -> JsonObject:
    """Return the `uischema` of the settings form."""
    return {"type": "VerticalLayout", "elements": _list_elements(settings)}


def build_form_uischema(schema: JsonObject) -> JsonObject:
    """Return the `uischema` of the mapping form of the fields in `schema`."""
    is_open = "properties" not in schema or schema.get("additionalProperties")
    elements = [*_list_elements(schema), *([_OPEN_MAP] if is_open else [])]
    return {"type": "VerticalLayout", "elements": elements}


def _list_elements(schema: JsonObject) -> list[JsonDict]:
    fields = dict(iter_fields(schema))
    elements: list[JsonDict] = []
    for category, names in group_by_category(schema):
        controls = [
            _build_control(name, fields[name])
            for name in names
            if get_widget_kind(fields[name]) != "hidden"
        ]
        if category and controls:
            elements.append({"type": "Group", "label": category, "elements": controls})
        else:
            elements += controls
    return elements


def _build_control(name: str, field: JsonObject) -> JsonDict:
    control: JsonDict = {"type": "Control", "scope": f"#{pointer('properties', name)}"}
    # Without a title JSON Forms derives a label from the name (`deriveLabel`). It would show
    # `extRef`, the name in documents, as "Ext Ref".
    if not field.get("title"):
        control["label"] = name
    if options := _build_options(field):
        control["options"] = options
    if condition := build_visibility(field):
        control["rule"] = {"effect": "SHOW", "condition": {"scope": "#", "schema": condition}}
    return control


def _build_options(field: JsonObject) -> JsonDict:
    widget_options = _WIDGET_OPTIONS.get(get_widget_kind(field), {})
    placeholder = {"placeholder": field["x-placeholder"]} if "x-placeholder" in field else {}
    read_only = {"readonly": True} if field.get("readOnly") is True else {}
    return {**widget_options, **placeholder, **read_only}
