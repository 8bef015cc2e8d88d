"""The manifest: a table of contents of a destination's documents, and facts that no schema has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from destination_kit.dynamic_fields import list_dynamic_paths
from destination_kit.fields import collect_secret_names

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Action, Audience, Destination, MappingHook, Preset

#: The documents of the settings: role -> file name.
SETTINGS_DOCUMENTS = {
    "schema": "settings.schema.json",
    "defaults": "settings.defaults.json",
    "rjsf": "settings.rjsf.json",
    "jsonforms": "settings.jsonforms.json",
}
#: The documents of an action: role -> file name after the action's slug and a dot.
ACTION_DOCUMENTS = {
    "payload": "payload.schema.json",
    "mapping": "mapping.schema.json",
    "form": "form.schema.json",
    "partial": "partial.schema.json",
    "defaults": "defaults.json",
    "rjsf": "form.rjsf.json",
    "jsonforms": "form.jsonforms.json",
}
#: The documents of a mapping hook: role -> file name after the slugs of the action and the hook.
HOOK_DOCUMENTS = {
    "inputs": "inputs.schema.json",
    "defaults": "inputs.defaults.json",
    "rjsf": "inputs.rjsf.json",
    "jsonforms": "inputs.jsonforms.json",
    "outputs": "outputs.schema.json",
}
#: The documents of the settings of an audience: role -> file name.
AUDIENCE_DOCUMENTS = {
    "schema": "audience.schema.json",
    "defaults": "audience.defaults.json",
    "rjsf": "audience.rjsf.json",
    "jsonforms": "audience.jsonforms.json",
}
#: The document of what a form sends for choices, and of what comes back.
CHOICES_DOCUMENT = "choices.schema.json"
#: The schema of instance files, for text editors.
INSTANCE_DOCUMENT = "instance.schema.json"
#: The form of the documents. It grows when a consumer has to change.
VERSION = 2


def build_manifest(
    destination: Destination, base: str, published: Mapping[str, JsonObject]
) -> JsonObject:
    """Return the manifest: the file names of all documents, and the texts around the forms.

    Args:
        destination: The destination that the documents describe.
        base: The URL of the folder of the documents.
        published: File name -> each other document.

    """
    digests = {name: _compute_digest(document) for name, document in published.items()}
    return {
        "$id": f"{base}/manifest.json",
        "version": VERSION,
        # A host compares one text to learn whether anything changed.
        "digest": _compute_digest(digests),
        "destination": destination.slug,
        "name": destination.name,
        "description": destination.description,
        "authentication": destination.authentication.scheme,
        "choices": CHOICES_DOCUMENT,
        "instance": INSTANCE_DOCUMENT,
        "settings": _describe_form(destination.settings, SETTINGS_DOCUMENTS),
        "audience": _describe_audience(destination.audience),
        "actions": {
            slug: _describe_action(slug, action) for slug, action in destination.actions.items()
        },
        "presets": [_describe_preset(preset) for preset in destination.presets],
        "texts": "texts.json",
        "digests": digests,
    }


def _compute_digest(document: Mapping[str, object]) -> str:
    # Sorted and without spaces, so that the digest does not depend on how a file is written.
    text = json.dumps(document, default=dict, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _describe_form(schema: JsonObject, documents: Mapping[str, str]) -> dict[str, Json]:
    return {
        "documents": documents,
        "secrets": sorted(collect_secret_names(schema)),
        "dynamicChoices": list(list_dynamic_paths(schema)),
    }


def _describe_audience(audience: Audience | None) -> JsonObject | None:
    if audience is None:
        return None
    return {"mode": audience.mode} | _describe_form(audience.settings, AUDIENCE_DOCUMENTS)


def _describe_action(slug: str, action: Action) -> JsonObject:
    documents = {role: f"{slug}.{name}" for role, name in ACTION_DOCUMENTS.items()}
    return {
        "title": action.title,
        "description": action.description,
        "trigger": action.trigger,
        "hidden": action.hidden,
        **_describe_form(action.fields, documents),
        "syncMode": action.sync_mode,
        "options": action.options,
        "hooks": {name: _describe_hook(slug, name, hook) for name, hook in action.hooks.items()},
    }


def _describe_hook(slug: str, name: str, hook: MappingHook) -> JsonObject:
    documents = {role: f"{slug}.{name}.{file}" for role, file in HOOK_DOCUMENTS.items()}
    texts: dict[str, Json] = {"title": hook.title, "description": hook.description}
    return texts | _describe_form(hook.inputs, documents)


def _describe_preset(preset: Preset) -> JsonObject:
    return {
        "name": preset.name,
        "action": preset.action,
        "trigger": preset.trigger,
        "event": preset.event,
        "mapping": preset.mapping,
    }
