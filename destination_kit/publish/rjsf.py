"""The rjsf `uiSchema`: order, labels, groups and conditions for react-jsonschema-form.

`rjsf-fields.jsx` reads `ui:options.groups` and `ui:options.conditions`; rjsf alone ignores both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.fields import iter_fields
from destination_kit.publish.conditions import build_visibility, group_by_category
from destination_kit.publish.grammar import JsonDict
from destination_kit.publish.widgets import get_widget_kind

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


def build_settings_ui_schema(settings: JsonObject) -> JsonObject:
    """Return the `uiSchema` of the settings form."""
    return _build_ui_schema(settings)


def build_form_ui_schema(schema: JsonObject) -> JsonObject:
    """Return the `uiSchema` of the mapping form of the fields in `schema`."""
    return _build_ui_schema(schema)


def _build_ui_schema(schema: JsonObject) -> JsonDict:
    fields = {name: ui for name, field in iter_fields(schema) if (ui := _build_field(field))}
    conditions = {
        name: condition
        for name, field in iter_fields(schema)
        if (condition := build_visibility(field))
    }
    groups = [
        {"title": title, "fields": names} for title, names in group_by_category(schema) if title
    ]
    names = [name for names in group_by_category(schema) for name in names[1]]
    options = {
        **({"groups": groups} if groups else {}),
        **({"conditions": conditions} if conditions else {}),
    }
    return {
        # Without this option, rjsf would show the Markdown links of descriptions with their
        # brackets.
        "ui:globalOptions": {"enableMarkdownInDescription": True},
        "ui:label": False,
        # Without `*`, `orderProperties` in rjsf raises an error for data with further keys.
        "ui:order": [*names, "*"],
        **({"ui:options": options} if options else {}),
        **fields,
    }


def _build_field(field: JsonObject) -> JsonDict:
    kind = get_widget_kind(field)
    ui_schema: JsonDict = {} if kind == "default" else {"ui:widget": kind}
    if "x-placeholder" in field:
        ui_schema["ui:placeholder"] = field["x-placeholder"]
    if field.get("readOnly") is True:
        ui_schema["ui:readonly"] = True
    return ui_schema
