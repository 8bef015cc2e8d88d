"""The rjsf `uiSchema`: order, labels and widgets for react-jsonschema-form.

A `uiSchema` mirrors its schema. Each field of the form schema is a `oneOf`, so its `uiSchema` has a
list of the same length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.fields import iter_fields
from destination_kit.publish.widgets import (
    JsonDict,
    get_item_schema,
    get_widget_kind,
    is_checkbox,
    iter_labeled_fields,
)

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_PLACEHOLDERS = {
    "@path": "$.traits.email",
    "@template": "{{traits.firstName}} {{traits.lastName}}",
}
# rjsf shows the title of a field above its choices, and the label of a choice would repeat it.
_NO_LABEL = {"ui:label": False}


def build_settings_ui_schema(settings: JsonObject) -> JsonObject:
    """Return the `uiSchema` of the settings form."""
    ui_schema = _build_form_options(settings)
    for name, field, label in iter_labeled_fields(settings):
        # CheckboxWidget in rjsf marks a box only if it must be true (`schemaRequiresTrueValue`).
        # Without a mark in the label, a person could not see that a box is required.
        title = {"ui:title": label} if is_checkbox(field) else {}
        field_ui = _build_widget(field) | title
        if field_ui:
            ui_schema[name] = field_ui
    return ui_schema


def build_form_ui_schema(form: JsonDict, schema: JsonObject) -> JsonObject:
    """Return the `uiSchema` of a mapping form.

    `form` is the form schema that `build_form_schema` makes of the fields in `schema`.
    """
    return _build_form_options(schema) | _build_fields(form, schema) | _build_open_values(form)


def _build_form_options(schema: JsonObject) -> JsonDict:
    names = [name for name, _ in iter_fields(schema)]
    return {
        # Without this option, rjsf would show the Markdown links of descriptions with their
        # brackets.
        "ui:globalOptions": {"enableMarkdownInDescription": True},
        "ui:label": False,
        # Without `*`, `orderProperties` in rjsf raises an error for data with further keys.
        "ui:order": [*names, "*"],
    }


def _build_widget(field: JsonObject) -> JsonDict:
    kind = get_widget_kind(field)
    ui_schema: JsonDict = {} if kind == "default" else {"ui:widget": kind}
    if "x-placeholder" in field:
        ui_schema["ui:placeholder"] = field["x-placeholder"]
    return ui_schema


def _build_fields(form: JsonDict, schema: JsonObject) -> JsonDict:
    return {
        name: _build_field(form["properties"][name], field, label)
        for name, field, label in iter_labeled_fields(schema)
    }


def _build_field(form: JsonDict, field: JsonObject, label: str) -> JsonDict:
    if get_widget_kind(field) == "hidden":
        return _build_widget(field)
    read_only = {"ui:readonly": True} if field.get("readOnly") is True else {}
    choices = [_build_choice(choice, field) for choice in form["oneOf"]]
    return {"ui:title": label, **read_only, "oneOf": choices}


def _build_choice(choice: JsonDict, field: JsonObject) -> JsonDict:
    if choice["title"] == "JSON":
        return _NO_LABEL | _build_json_values(choice["additionalProperties"])
    if choice["type"] == "array":
        return _NO_LABEL | {"items": _build_choice(choice["items"], get_item_schema(field))}
    if choice["type"] != "object":
        return _NO_LABEL | _build_widget(field)
    if choice["title"] == "Properties":
        return _NO_LABEL | _build_fields(choice, field) | _build_open_values(choice)
    operands = {name: _build_operand(name, operand) for name, operand in _iter_properties(choice)}
    return _NO_LABEL | operands


def _build_operand(name: str, operand: JsonDict) -> JsonDict:
    """Return the `uiSchema` of a directive's operand, such as the `exists` of `@if`."""
    if operand["type"] == "object":
        inner = {key: _build_operand(key, value) for key, value in _iter_properties(operand)}
        return _NO_LABEL | inner
    if name == "else":
        # rjsf replaces an empty text by `undefined` (`BaseInputTemplate`). The value would then
        # lack `else` and fit another choice, to which rjsf would switch while a person types.
        return {"ui:emptyValue": ""} if operand["type"] == "string" else {}
    return {"ui:placeholder": _PLACEHOLDERS[name]} if name in _PLACEHOLDERS else {}


def _build_json_values(values: JsonDict) -> JsonDict:
    """Return the `uiSchema` of values in raw JSON, without labels at any depth."""
    inner_schemas = [
        choice.get("items") or choice.get("additionalProperties")
        for choice in values.get("oneOf", ())
    ]
    choices = [
        _NO_LABEL | (_build_json_values(schema) if schema else {}) for schema in inner_schemas
    ]
    return {"additionalProperties": {"oneOf": choices}} if choices else {}


def _iter_properties(schema: JsonDict) -> list[tuple[str, JsonDict]]:
    return [*schema.get("properties", {}).items()]


def _build_open_values(form: JsonDict) -> JsonDict:
    """Return the `uiSchema` of the keys that an open object has beyond its fields."""
    values = form.get("additionalProperties")
    if not isinstance(values, dict):
        return {}
    choices = [_build_choice(choice, {}) for choice in values["oneOf"]]
    return {"additionalProperties": {"oneOf": choices}}
