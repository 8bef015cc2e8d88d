"""What react-jsonschema-form needs beside a schema: order, masks, long texts, quiet headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.fields import fields_of
from destination_kit.publish.inputs import Draft, input_of, items_of, label, marked

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_WIDGETS = {"hidden": "hidden", "secret": "password", "long": "textarea"}
_HINTS = {"@path": "$.traits.email", "@template": "{{traits.firstName}} {{traits.lastName}}"}
_QUIET = {"ui:label": False}


def settings_ui(settings: JsonObject) -> JsonObject:
    """Return the `uiSchema` of the settings."""
    drawn = {name: _widget(each) for name, each in fields_of(settings)}
    return _whole(settings) | {name: ui for name, ui in drawn.items() if ui}


def form_ui(form: Draft, schema: JsonObject) -> JsonObject:
    """Return the `uiSchema` of the form that the author's schema became."""
    return _whole(schema) | _fields(form, schema) | _values(form)


def _whole(schema: JsonObject) -> Draft:
    """Return what holds for the whole form. Many a description has a link in it."""
    names = [name for name, _ in fields_of(schema)]
    options = {"enableMarkdownInDescription": True}
    return {"ui:globalOptions": options, "ui:label": False, "ui:order": [*names, "*"]}


def _widget(field: JsonObject) -> Draft:
    kind = input_of(field)
    ui: Draft = {"ui:widget": _WIDGETS[kind]} if kind in _WIDGETS else {}
    if "x-placeholder" in field:
        ui["ui:placeholder"] = field["x-placeholder"]
    return ui


def _fields(form: Draft, schema: JsonObject) -> Draft:
    return {
        name: _field(form["properties"][name], each, label(name, each, required=required))
        for name, each, required in marked(schema)
    }


def _field(form: Draft, field: JsonObject, title: str) -> Draft:
    if input_of(field) == "hidden":
        return _widget(field)
    return {"ui:title": title, "oneOf": [_choice(each, field) for each in form["oneOf"]]}


def _choice(choice: Draft, field: JsonObject) -> Draft:
    """Draw a choice under the name of its field, without a name of its own."""
    if choice["type"] == "array":
        return _QUIET | {"items": _choice(choice["items"], items_of(field))}
    if choice["type"] != "object":
        return _QUIET | _widget(field)
    if choice["title"] == "Properties":
        return _QUIET | _fields(choice, field) | _values(choice)
    return _QUIET | {name: _part(name, each) for name, each in _parts(choice)}


def _part(name: str, part: Draft) -> Draft:
    """Draw a part of a directive: only its texts have names."""
    if part["type"] == "object":
        return _QUIET | {key: _part(key, each) for key, each in _parts(part)}
    return {"ui:placeholder": _HINTS[name]} if name in _HINTS else {}


def _parts(form: Draft) -> list[tuple[str, Draft]]:
    return [*form.get("properties", {}).items()]


def _values(form: Draft) -> Draft:
    values = form.get("additionalProperties")
    if not isinstance(values, dict):
        return {}
    return {"additionalProperties": {"oneOf": [_choice(each, {}) for each in values["oneOf"]]}}
