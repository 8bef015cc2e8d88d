"""The table of contents of a destination's documents, and what no schema says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.fields import collect_secret_names, iter_fields

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Action, Destination, Preset

SETTINGS = {
    "schema": "settings.schema.json",
    "rjsf": "settings.rjsf.json",
    "jsonforms": "settings.jsonforms.json",
}
ACTION = {
    "payload": "payload.schema.json",
    "mapping": "mapping.schema.json",
    "form": "form.schema.json",
    "rjsf": "form.rjsf.json",
    "jsonforms": "form.jsonforms.json",
}


def manifest(destination: Destination) -> JsonObject:
    """Return which documents there are, and what a UI shows around the forms."""
    return {
        "destination": destination.slug,
        "name": destination.name,
        "description": destination.description,
        "authentication": destination.authentication.scheme,
        "settings": {
            "documents": SETTINGS,
            "secrets": sorted(collect_secret_names(destination.settings)),
        },
        "actions": {slug: _action(slug, each) for slug, each in destination.actions.items()},
        "presets": [_preset(each) for each in destination.presets],
    }


def _action(slug: str, action: Action) -> JsonObject:
    return {
        "title": action.title,
        "description": action.description,
        "trigger": action.trigger,
        "hidden": action.hidden,
        "documents": {kind: f"{slug}.{name}" for kind, name in ACTION.items()},
        "secrets": sorted(collect_secret_names(action.fields)),
        "dynamicChoices": [
            name for name, each in iter_fields(action.fields) if each.get("x-dynamic")
        ],
        "syncMode": action.sync_mode,
    }


def _preset(preset: Preset) -> dict[str, Json]:
    return {
        "name": preset.name,
        "action": preset.action,
        "trigger": preset.trigger,
        "event": preset.event,
        "mapping": preset.mapping,
    }
