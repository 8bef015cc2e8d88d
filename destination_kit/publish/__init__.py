"""Documents for others to read: what a UI team builds forms from, and the definition itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.fields import build_mapping_schema, build_payload_schema
from destination_kit.publish.definition import definition_document
from destination_kit.publish.form_schema import form_schema, plain_formats
from destination_kit.publish.jsonforms import form_uischema, settings_uischema
from destination_kit.publish.manifest import manifest
from destination_kit.publish.rjsf import form_ui, settings_ui

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action, Destination

__all__ = ["definition_document", "documents"]

DRAFT = "http://json-schema.org/draft-07/schema#"


def documents(destination: Destination) -> dict[str, JsonObject]:
    """Return file name -> document: the manifest, and the schemas (draft-07) that it names.

    Of each action there are the payload schema (what `perform` receives), the mapping schema (what
    an editor may write, whole), and the form schema (the same as flat choices), with the layout
    documents of rjsf and JSON Forms beside the form and the settings.
    """
    found = {
        "manifest.json": manifest(destination),
        "settings.schema.json": _document(
            plain_formats(destination.settings), destination.name, "settings"
        ),
        "settings.rjsf.json": settings_ui(destination.settings),
        "settings.jsonforms.json": settings_uischema(destination.settings),
    }
    for slug, action in destination.actions.items():
        title = f"{destination.name}: {action.title}"
        found |= {f"{slug}.{kind}": each for kind, each in _of_action(action, title)}
    return found


def _of_action(action: Action, title: str) -> list[tuple[str, JsonObject]]:
    fields = action.fields
    return [
        ("payload.schema.json", _document(build_payload_schema(fields), title, "payload")),
        ("mapping.schema.json", _document(build_mapping_schema(fields), title, "mapping")),
        ("form.schema.json", _document(form_schema(fields), title, "form")),
        ("form.rjsf.json", form_ui(form_schema(fields), fields)),
        ("form.jsonforms.json", form_uischema(fields)),
    ]


def _document(schema: JsonObject, title: str, kind: str) -> JsonObject:
    return {"$schema": DRAFT, "title": f"{title}, {kind}", **schema}
