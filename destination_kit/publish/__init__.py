"""Documents for UI teams: schemas and layouts of forms, a manifest, and the definition.

`documents(destination)` returns file name -> JSON document. `dkit schemas` writes the same files,
and `docs/ui.md` explains each of them:

* `manifest.json`: the names of the other files, and the texts and presets around the forms.
* `settings.schema.json`: JSON Schema of the settings.
* `ACTION.payload.schema.json`: JSON Schema of what the action's `perform` receives.
* `ACTION.mapping.schema.json`: JSON Schema of a mapping, with all directives, for an editor.
* `ACTION.form.schema.json`: the same as flat choices without `$ref`, for a form generator.
* `….rjsf.json`: the `uiSchema` that rjsf takes beside a settings or form schema.
* `….jsonforms.json`: the `uischema` that JSON Forms takes beside a settings or form schema.

All schemas are draft-07, the newest draft that both form generators accept unmodified. The same
destination always gives the same documents, in the same order.

`definition_document(destination)` returns the destination itself as one JSON document, valid under
`schemas/destination.schema.json`. `dkit show` prints it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.publish.definition import definition_document
from destination_kit.publish.derived_schemas import build_mapping_schema, build_payload_schema
from destination_kit.publish.form_schema import build_form_schema, strip_custom_formats
from destination_kit.publish.jsonforms import build_form_uischema, build_settings_uischema
from destination_kit.publish.manifest import ACTION_DOCUMENTS, SETTINGS_DOCUMENTS, build_manifest
from destination_kit.publish.rjsf import build_form_ui_schema, build_settings_ui_schema

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action, Destination

__all__ = ["definition_document", "documents"]

_DRAFT_07 = "http://json-schema.org/draft-07/schema#"


def documents(destination: Destination) -> dict[str, JsonObject]:
    """Return file name -> JSON document: the manifest, the settings, then each action.

    The docstring of this package lists the files.
    """
    published = {"manifest.json": build_manifest(destination)}
    for role, document in _build_settings_documents(destination).items():
        published[SETTINGS_DOCUMENTS[role]] = document
    for slug, action in destination.actions.items():
        title = f"{destination.name}: {action.title}"
        for role, document in _build_action_documents(action, title).items():
            published[f"{slug}.{ACTION_DOCUMENTS[role]}"] = document
    return published


def _build_settings_documents(destination: Destination) -> dict[str, JsonObject]:
    settings = destination.settings
    schema = strip_custom_formats(settings)
    return {
        "schema": _add_header(schema, destination.name, "settings"),
        "rjsf": build_settings_ui_schema(settings),
        "jsonforms": build_settings_uischema(settings),
    }


def _build_action_documents(action: Action, title: str) -> dict[str, JsonObject]:
    fields = action.fields
    form_schema = build_form_schema(fields)
    return {
        "payload": _add_header(build_payload_schema(fields), title, "payload"),
        "mapping": _add_header(build_mapping_schema(fields), title, "mapping"),
        "form": _add_header(form_schema, title, "form"),
        "rjsf": build_form_ui_schema(form_schema, fields),
        "jsonforms": build_form_uischema(fields),
    }


def _add_header(schema: JsonObject, title: str, role: str) -> JsonObject:
    return {"$schema": _DRAFT_07, "title": f"{title}, {role}", **schema}
