"""What react-jsonschema-form needs beside a schema: order, masks, long texts, quiet headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.fields import iter_fields
from destination_kit.publish.widgets import Draft, input_of, is_unmarked, items_of, marked

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_WIDGETS = {"hidden": "hidden", "secret": "password", "long": "textarea"}
_HINTS = {"@path": "$.traits.email", "@template": "{{traits.firstName}} {{traits.lastName}}"}
_QUIET = {"ui:label": False}


def settings_ui(settings: JsonObject) -> JsonObject:
    """Return the `uiSchema` of the settings."""
    drawn = {
        name: _widget(each) | ({"ui:title": title} if is_unmarked(each) else {})
        for name, each, title in marked(settings)
    }
    return _whole(settings) | {name: ui for name, ui in drawn.items() if ui}


def form_ui(form: Draft, schema: JsonObject) -> JsonObject:
    """Return the `uiSchema` of the form that the author's schema became."""
    return _whole(schema) | _fields(form, schema) | _values(form)


def _whole(schema: JsonObject) -> Draft:
    """Return what holds for the whole form. Many a description has a link in it."""
    names = [name for name, _ in iter_fields(schema)]
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
        name: _field(form["properties"][name], each, title) for name, each, title in marked(schema)
    }


def _field(form: Draft, field: JsonObject, title: str) -> Draft:
    if input_of(field) == "hidden":
        return _widget(field)
    fixed = {"ui:readonly": True} if field.get("readOnly") is True else {}
    return {"ui:title": title, **fixed, "oneOf": [_choice(each, field) for each in form["oneOf"]]}


def _choice(choice: Draft, field: JsonObject) -> Draft:
    """Draw a choice under the name of its field, without a name of its own."""
    if choice["title"] == "JSON":
        return _QUIET | _json(choice["additionalProperties"])
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
    if name == "else":  # without it the conditional would be another choice, while it is typed
        return {"ui:emptyValue": ""} if part["type"] == "string" else {}
    return {"ui:placeholder": _HINTS[name]} if name in _HINTS else {}


def _json(values: Draft) -> Draft:
    """Draw what raw JSON holds, a name beside a value, without further headings."""
    inner = [
        each.get("items") or each.get("additionalProperties") for each in values.get("oneOf", ())
    ]
    drawn = [_QUIET | (_json(each) if each else {}) for each in inner]
    return {"additionalProperties": {"oneOf": drawn}} if drawn else {}


def _parts(form: Draft) -> list[tuple[str, Draft]]:
    return [*form.get("properties", {}).items()]


def _values(form: Draft) -> Draft:
    values = form.get("additionalProperties")
    if not isinstance(values, dict):
        return {}
    return {"additionalProperties": {"oneOf": [_choice(each, {}) for each in values["oneOf"]]}}
