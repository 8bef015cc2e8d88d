"""Documents for UI teams: schemas and layouts of forms, a manifest, and the definition.

`documents(destination)` returns file name -> JSON document. `dkit schemas` writes the same files,
and `docs/ui.md` explains each of them:

* `manifest.json`: the names of the other files, and the texts and presets around the forms.
* `choices.schema.json`: JSON Schema of a request for the choices of a dynamic field, and its page.
* `settings.schema.json`: JSON Schema of the settings.
* `audience.schema.json`: JSON Schema of the settings of an audience, where the partner has them.
* `ACTION.payload.schema.json`: JSON Schema of what the action's `perform` receives.
* `ACTION.mapping.schema.json`: JSON Schema of a mapping, with all directives, for an editor.
* `ACTION.form.schema.json`: the same as flat choices without `$ref`, for a form generator.
* `ACTION.HOOK.inputs.schema.json`: JSON Schema of what a person enters for a mapping hook.
* `ACTION.HOOK.outputs.schema.json`: JSON Schema of what the hook returns.
* `….rjsf.json`: the `uiSchema` that rjsf takes beside a settings or form schema.
* `….jsonforms.json`: the `uischema` that JSON Forms takes beside a settings or form schema.

All schemas are draft-07, the newest draft that both form generators accept unmodified. The same
destination always gives the same documents, in the same order.

`definition_document(destination)` returns the destination itself as one JSON document, valid under
`schemas/destination.schema.json`. `dkit show` prints it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.fields import load_metaschema
from destination_kit.publish.definition import definition_document
from destination_kit.publish.derived_schemas import build_mapping_schema, build_payload_schema
from destination_kit.publish.form_schema import build_form_schema, strip_custom_formats
from destination_kit.publish.jsonforms import build_form_uischema, build_settings_uischema
from destination_kit.publish.manifest import (
    ACTION_DOCUMENTS,
    AUDIENCE_DOCUMENTS,
    CHOICES_DOCUMENT,
    HOOK_DOCUMENTS,
    SETTINGS_DOCUMENTS,
    build_manifest,
)
from destination_kit.publish.rjsf import build_form_ui_schema, build_settings_ui_schema

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action, Audience, Destination, MappingHook

__all__ = ["definition_document", "documents"]

_DRAFT_07 = "http://json-schema.org/draft-07/schema#"


def documents(destination: Destination) -> dict[str, JsonObject]:
    """Return file name -> JSON document: the manifest, the settings, then each action.

    The docstring of this package lists the files.
    """
    published = {
        "manifest.json": build_manifest(destination),
        CHOICES_DOCUMENT: _build_choices_document(destination.name),
    }
    for role, document in _build_form_documents(
        destination.settings, destination.name, "settings"
    ).items():
        published[SETTINGS_DOCUMENTS[role]] = document
    if destination.audience is not None:
        published |= _build_audience_documents(destination.audience, destination.name)
    for slug, action in destination.actions.items():
        title = f"{destination.name}: {action.title}"
        for role, document in _build_action_documents(action, title).items():
            published[f"{slug}.{ACTION_DOCUMENTS[role]}"] = document
        for name, hook in action.hooks.items():
            for role, document in _build_hook_documents(hook, f"{title}: {hook.title}").items():
                published[f"{slug}.{name}.{HOOK_DOCUMENTS[role]}"] = document
    return published


def _build_choices_document(name: str) -> JsonObject:
    schema = load_metaschema("choices")
    rest = {key: value for key, value in schema.items() if key not in ("$id", "title")}
    return _add_header(rest, name, "choices")


def _build_form_documents(schema: JsonObject, title: str, role: str) -> dict[str, JsonObject]:
    return {
        "schema": _add_header(strip_custom_formats(schema), title, role),
        "rjsf": build_settings_ui_schema(schema),
        "jsonforms": build_settings_uischema(schema),
    }


def _build_audience_documents(audience: Audience, title: str) -> dict[str, JsonObject]:
    built = _build_form_documents(audience.settings, title, "audience")
    return {AUDIENCE_DOCUMENTS[role]: document for role, document in built.items()}


def _build_hook_documents(hook: MappingHook, title: str) -> dict[str, JsonObject]:
    built = _build_form_documents(hook.inputs, title, "inputs")
    return {
        "inputs": built["schema"],
        "rjsf": built["rjsf"],
        "jsonforms": built["jsonforms"],
        "outputs": _add_header(hook.outputs, title, "outputs"),
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
