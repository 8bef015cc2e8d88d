"""The JSON Forms `uischema`: labels, help texts and widgets.

JSON Forms draws a `oneOf` field without its label, so a group with the label encloses each field.
The layouts inside objects are in `options.details` of the form's `uischema`. A host passes them to
JSON Forms as `uischemas`; `docs/ui.md` shows how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import pointer
from destination_kit.fields import list_types
from destination_kit.publish.widgets import (
    JsonDict,
    WidgetKind,
    get_item_schema,
    get_widget_kind,
    is_checkbox,
    iter_labeled_fields,
)

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_MARKDOWN_LINK = re.compile(r"\[([^][]+)\]\(([^()]+)\)")
_WIDGET_OPTIONS: Mapping[WidgetKind, JsonDict] = {
    "password": {"format": "password"},
    "textarea": {"multi": True},
}
# JSON Forms has no editor for an object with any keys. A control of the whole object lets
# `open-map.jsx` draw one.
_OPEN_MAP: JsonDict = {"type": "Control", "scope": "#"}
_JSON_DETAIL: JsonDict = {"title": "JSON", "path": "", "uischema": _OPEN_MAP}


def build_settings_uischema(settings: JsonObject) -> JsonObject:
    """Return the `uischema` of the settings form."""
    controls = []
    for name, field, label in _iter_visible_fields(settings):
        # MaterialBooleanControl.tsx, unlike MaterialInputControl.tsx, shows no mark for a required
        # field. Without a label that has one, a person could not see that the box is required.
        checkbox_label = {"label": label} if is_checkbox(field) else {}
        controls.append(_build_control(name, field, _build_options(field)) | checkbox_label)
    return {"type": "VerticalLayout", "elements": controls}


def build_form_uischema(schema: JsonObject) -> JsonObject:
    """Return the `uischema` of the mapping form of the fields in `schema`."""
    details = [_JSON_DETAIL, *_iter_details(schema)]
    return _build_layout(schema) | {"options": {"details": details}}


def _build_layout(schema: JsonObject) -> JsonDict:
    groups = [_build_group(*labeled_field) for labeled_field in _iter_visible_fields(schema)]
    is_open = "properties" not in schema or schema.get("additionalProperties")
    open_map = [_OPEN_MAP] if is_open else []
    return {"type": "VerticalLayout", "elements": [*groups, *open_map]}


def _build_group(name: str, field: JsonObject, label: str) -> JsonDict:
    """Return a field under its label and its help text."""
    # JSON Forms shows a text as it is, so a Markdown link would appear with its brackets. From
    # "title: URL" a person can copy the URL.
    help_text = _MARKDOWN_LINK.sub(r"\1: \2", str(field.get("description") or ""))
    help_label = [{"type": "Label", "text": help_text}] if help_text else []
    options = _build_options(field)
    detail = {"detail": {"type": "Control", "scope": "#", "options": options}} if options else {}
    elements = [*help_label, _build_control(name, field, detail)]
    return {"type": "Group", "label": label, "elements": elements}


def _build_control(name: str, field: JsonObject, options: JsonDict) -> JsonDict:
    control = {"type": "Control", "scope": f"#{pointer('properties', name)}"}
    # Without a title JSON Forms derives a label from the name (`deriveLabel`). It would show
    # `extRef`, the name in documents, as "Ext Ref".
    label = {} if field.get("title") else {"label": name}
    return {**control, **label, **({"options": options} if options else {})}


def _build_options(field: JsonObject) -> JsonDict:
    widget_options = _WIDGET_OPTIONS.get(get_widget_kind(field), {})
    placeholder = {"placeholder": field["x-placeholder"]} if "x-placeholder" in field else {}
    read_only = {"readonly": True} if field.get("readOnly") is True else {}
    return {**widget_options, **placeholder, **read_only}


def _iter_details(schema: JsonObject, *parent_names: str) -> Iterator[JsonDict]:
    """Yield the layout inside each object: the choice's title, a pattern of data paths, the layout.

    A data path is JSON Forms's: names and list indexes, joined by dots.
    """
    for name, field, _ in _iter_visible_fields(schema):
        names = (*parent_names, re.escape(name))
        for inner_schema in (field, get_item_schema(field)):
            if "object" in list_types(inner_schema):
                # JSON Forms puts the index of an item behind the name of its list, as in
                # `list.0.name`. Without the optional index, the layout would not apply inside of
                # lists.
                path = r"(\.\d+)?\.".join(names)
                layout = _build_layout(inner_schema)
                yield {"title": "Properties", "path": rf"^{path}(\.\d+)?$", "uischema": layout}
                yield from _iter_details(inner_schema, *names)


def _iter_visible_fields(schema: JsonObject) -> Iterator[tuple[str, JsonObject, str]]:
    for name, field, label in iter_labeled_fields(schema):
        if get_widget_kind(field) != "hidden":
            yield name, field, label
