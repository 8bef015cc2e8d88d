"""What JSON Forms needs beside a schema: a `uischema` with labels, help and masks.

JSON Forms draws a choice without the name of its field, so each field stands in a group of that
name. What is inside an object gets its groups from the details in the layout's options, which a
host hands on as `uischemas`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import pointer
from destination_kit.fields import list_types
from destination_kit.publish.widgets import Draft, input_of, is_unmarked, items_of, marked

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")
_OPTIONS: Mapping[str, Draft] = {"secret": {"format": "password"}, "long": {"multi": True}}
_OPEN: Draft = {"type": "Control", "scope": "#"}
_ANY_JSON: Draft = {"title": "JSON", "path": "", "uischema": _OPEN}


def settings_uischema(settings: JsonObject) -> JsonObject:
    """Return the `uischema` of the settings."""
    controls = [
        _control(name, each, _options(each)) | ({"label": title} if is_unmarked(each) else {})
        for name, each, title in _shown(settings)
    ]
    return {"type": "VerticalLayout", "elements": controls}


def form_uischema(schema: JsonObject) -> JsonObject:
    """Return the `uischema` of the form that the author's schema became."""
    return _layout(schema) | {"options": {"details": [_ANY_JSON, *_details(schema)]}}


def _layout(schema: JsonObject) -> Draft:
    """Return the layout of an object: its fields, and names and values where it is open."""
    groups = [_group(name, each, title) for name, each, title in _shown(schema)]
    is_open = "properties" not in schema or schema.get("additionalProperties")
    return {"type": "VerticalLayout", "elements": [*groups, *([_OPEN] if is_open else [])]}


def _group(name: str, field: JsonObject, title: str) -> Draft:
    """Return a field under its name, with its help."""
    about = _LINK.sub(r"\1: \2", str(field.get("description") or ""))
    options = _options(field)
    detail = {"detail": {"type": "Control", "scope": "#", "options": options}} if options else {}
    return {
        "type": "Group",
        "label": title,
        "elements": [
            *([{"type": "Label", "text": about}] if about else []),
            _control(name, field, detail),
        ],
    }


def _control(name: str, field: JsonObject, options: Draft) -> Draft:
    shown = {"type": "Control", "scope": f"#{pointer('properties', name)}"}
    named = {} if field.get("title") else {"label": name}
    return {**shown, **named, **({"options": options} if options else {})}


def _options(field: JsonObject) -> Draft:
    placeholder = {"placeholder": field["x-placeholder"]} if "x-placeholder" in field else {}
    fixed = {"readonly": True} if field.get("readOnly") is True else {}
    return {**_OPTIONS.get(input_of(field), {}), **placeholder, **fixed}


def _details(schema: JsonObject, *at: str) -> Iterator[Draft]:
    """Yield what is drawn inside each object: of which choice, at which places, and the layout."""
    for name, field, _ in _shown(schema):
        place = (*at, re.escape(name))
        for inner in (field, items_of(field)):
            if "object" in list_types(inner):
                path = r"(\.\d+)?\.".join(place)  # of a list, its items
                layout = _layout(inner)
                yield {"title": "Properties", "path": rf"^{path}(\.\d+)?$", "uischema": layout}
                yield from _details(inner, *place)


def _shown(schema: JsonObject) -> Iterator[tuple[str, JsonObject, str]]:
    return (each for each in marked(schema) if input_of(each[1]) != "hidden")
