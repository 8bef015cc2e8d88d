"""Writer of destinations as Segment's published definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from destination_kit._json import as_object
from destination_kit.dynamic_fields import list_dynamic_paths
from destination_kit.segment.write_fields import (
    SETTING,
    field_attributes,
    fields_of_schema,
    merge,
)

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Action, Audience, Destination, MappingHook, Preset

DOCUMENT: Final = (
    *("slug", "name", "mode", "description", "authentication", "audienceConfig", "actions"),
    "presets",
)
ACTION: Final = (
    *("title", "description", "platform", "defaultSubscription", "hidden", "hasPerformBatch"),
    *("syncMode", "hooks", "dynamicFields", "fields"),
)
PRESET: Final = ("name", "type", "partnerAction", "subscribe", "mapping", "eventSlug")
SYNC_MODE: Final = ("default", "label", "description", "choices")
HOOK: Final = ("label", "description", "inputFields", "outputFields")
AUTHENTICATION: Final = ("scheme", "fields")
SCHEMES: Final = ("custom", "basic", "oauth2", "oauth-managed")
AUDIENCE: Final = ("mode", "audienceFields", "supportsAudienceFunctions")
AUDIENCE_MODE: Final = ("type", "full_audience_sync")


def write_definition(destination: Destination) -> dict[str, Json]:
    """Return a destination as a published definition.

    For an imported destination this is its document again, key for key.
    """
    others = {name: value for name, value in destination.segment.items() if name != "sparse"}
    return merge(destination_document(destination), others)


def destination_document(destination: Destination) -> dict[str, Json]:
    """Return the attributes that the records have, without those that stand beside them."""
    sparse = destination.segment.get("sparse") is True
    document: dict[str, Json] = {
        "slug": destination.slug,
        "name": destination.name,
        "mode": "cloud",
        "description": destination.description,
        "authentication": _authentication(destination, sparse=sparse),
        "audienceConfig": _audience(destination.audience, sparse=sparse),
        "actions": {
            slug: merge(action_document(action, sparse=sparse), action.segment)
            for slug, action in destination.actions.items()
        },
        "presets": [
            merge(preset_document(preset), preset.segment) for preset in destination.presets
        ],
    }
    return {key: value for key, value in document.items() if key != "description" or value}


def action_document(action: Action, *, sparse: bool = False) -> dict[str, Json]:
    """Return the attributes that an action's record has."""
    return {
        "title": action.title,
        "description": action.description,
        "platform": "cloud",
        "defaultSubscription": action.trigger,
        "hidden": action.hidden,
        "hasPerformBatch": action.perform_batch is not None,
        "syncMode": _sync_mode(action.sync_mode),
        "hooks": {name: _hook(hook, sparse=sparse) for name, hook in action.hooks.items()} or None,
        "dynamicFields": _dynamic_parts(action.fields) or None,
        "fields": fields_of_schema(action.fields, sparse=sparse),
    }


def preset_document(preset: Preset) -> dict[str, Json]:
    """Return the attributes that a preset's record has."""
    document: dict[str, Json] = {
        "name": preset.name,
        "type": "automatic" if preset.event is None else "specificEvent",
        "partnerAction": preset.action,
        "subscribe": preset.trigger,
        "mapping": preset.mapping,
        "eventSlug": preset.event,
    }
    starts_by_event = preset.event is not None and preset.trigger is None
    return {
        key: value for key, value in document.items() if key != "subscribe" or not starts_by_event
    }


def _authentication(destination: Destination, *, sparse: bool) -> Json:
    if destination.authentication.scheme == "none" and not destination.settings.get("properties"):
        return None
    return {
        "scheme": destination.authentication.scheme,
        "fields": fields_of_schema(destination.settings, SETTING, sparse=sparse),
    }


def _audience(audience: Audience | None, *, sparse: bool) -> Json:
    if audience is None:
        return None
    return {
        "mode": {"type": audience.mode, "full_audience_sync": audience.full_sync},
        "audienceFields": fields_of_schema(audience.settings, SETTING, sparse=sparse),
        "supportsAudienceFunctions": audience.functions or audience.create_audience is not None,
    }


def _sync_mode(mode: JsonObject | None) -> Json:
    if mode is None:
        return None
    return field_attributes(mode, SYNC_MODE, sparse=True)


def _hook(hook: MappingHook, *, sparse: bool) -> JsonObject:
    return {
        "label": hook.title,
        "description": hook.description,
        "inputFields": fields_of_schema(hook.inputs, sparse=sparse),
        "outputFields": fields_of_schema(hook.outputs, sparse=sparse),
    }


def _dynamic_parts(schema: JsonObject) -> dict[str, Json]:
    """Return field -> the parts of it that have choices; a field without parts is left out."""
    parts: dict[str, Json] = {}
    for name, field in as_object(schema.get("properties")).items():
        paths = list_dynamic_paths({"properties": {name: field}})
        inner = [path.removeprefix(f"{name}.") for path in paths if path != name]
        if inner:
            parts[name] = inner
    return parts
