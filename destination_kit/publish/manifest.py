"""The manifest: a table of contents of a destination's documents, and facts that no schema has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.fields import collect_secret_names, iter_fields

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action, Destination, Preset

#: The documents of the settings: role -> file name.
SETTINGS_DOCUMENTS = {
    "schema": "settings.schema.json",
    "rjsf": "settings.rjsf.json",
    "jsonforms": "settings.jsonforms.json",
}
#: The documents of an action: role -> file name after the action's slug and a dot.
ACTION_DOCUMENTS = {
    "payload": "payload.schema.json",
    "mapping": "mapping.schema.json",
    "form": "form.schema.json",
    "rjsf": "form.rjsf.json",
    "jsonforms": "form.jsonforms.json",
}


def build_manifest(destination: Destination) -> JsonObject:
    """Return the manifest: the file names of all documents, and the texts around the forms."""
    return {
        "destination": destination.slug,
        "name": destination.name,
        "description": destination.description,
        "authentication": destination.authentication.scheme,
        "settings": {
            "documents": SETTINGS_DOCUMENTS,
            "secrets": sorted(collect_secret_names(destination.settings)),
        },
        "actions": {
            slug: _describe_action(slug, action) for slug, action in destination.actions.items()
        },
        "presets": [_describe_preset(preset) for preset in destination.presets],
    }


def _describe_action(slug: str, action: Action) -> JsonObject:
    return {
        "title": action.title,
        "description": action.description,
        "trigger": action.trigger,
        "hidden": action.hidden,
        "documents": {role: f"{slug}.{name}" for role, name in ACTION_DOCUMENTS.items()},
        "secrets": sorted(collect_secret_names(action.fields)),
        "dynamicChoices": [
            name for name, field in iter_fields(action.fields) if field.get("x-dynamic")
        ],
        "syncMode": action.sync_mode,
    }


def _describe_preset(preset: Preset) -> JsonObject:
    return {
        "name": preset.name,
        "action": preset.action,
        "trigger": preset.trigger,
        "event": preset.event,
        "mapping": preset.mapping,
    }
