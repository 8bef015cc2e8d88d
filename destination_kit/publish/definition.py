"""The definition of a destination as a JSON document, for tools in any language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action, Audience, Destination, MappingHook, Preset


def definition_document(destination: Destination) -> JsonObject:
    """Return the definition of a destination as a JSON document.

    It is valid under `schemas/destination.schema.json`. A function of the destination appears as a
    flag or as a name: `test` is true if there is a function that tests the credentials.
    """
    return {
        "slug": destination.slug,
        "name": destination.name,
        "description": destination.description,
        "settings": destination.settings,
        "choices": list(destination.choices),
        "authentication": {
            "scheme": destination.authentication.scheme,
            "test": destination.authentication.test is not None,
            "refresh": destination.authentication.refresh is not None,
        },
        "hosts": list(destination.hosts),
        "actions": {slug: _describe_action(action) for slug, action in destination.actions.items()},
        "presets": [_describe_preset(preset) for preset in destination.presets],
        "audience": _describe_audience(destination.audience),
        **_describe_segment_keys(destination.segment),
    }


def _describe_segment_keys(segment: JsonObject) -> JsonObject:
    # Only Segment reads these keys. Without them, an export could not restore the definition that
    # was imported.
    return {"x-segment": segment} if segment else {}


def _describe_audience(audience: Audience | None) -> JsonObject | None:
    if audience is None:
        return None
    return {
        "mode": audience.mode,
        "fullSync": audience.full_sync,
        "functions": audience.functions or audience.create_audience is not None,
        "settings": audience.settings,
        "choices": list(audience.choices),
    }


def _describe_action(action: Action) -> JsonObject:
    return {
        "title": action.title,
        "description": action.description,
        "trigger": action.trigger,
        "fields": action.fields,
        "batches": action.perform_batch is not None,
        "batch": {
            "count": action.batch.count,
            "bytes": action.batch.bytes,
            "wait": action.batch.wait,
            "keys": list(action.batch.keys),
        },
        "choices": list(action.choices),
        "syncMode": action.sync_mode,
        "options": action.options,
        "hooks": {name: _describe_hook(hook) for name, hook in action.hooks.items()},
        "hidden": action.hidden,
        **_describe_segment_keys(action.segment),
    }


def _describe_hook(hook: MappingHook) -> JsonObject:
    return {
        "title": hook.title,
        "description": hook.description,
        "inputs": hook.inputs,
        "outputs": hook.outputs,
        "choices": list(hook.choices),
    }


def _describe_preset(preset: Preset) -> JsonObject:
    return {
        "name": preset.name,
        "action": preset.action,
        "trigger": preset.trigger,
        "event": preset.event,
        "mapping": preset.mapping,
        **_describe_segment_keys(preset.segment),
    }
