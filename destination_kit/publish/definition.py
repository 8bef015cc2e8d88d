"""A destination as one document: what the meta-schema `destination` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action, Audience, Destination, MappingHook, Preset


def definition_document(destination: Destination) -> JsonObject:
    """Return a destination as the meta-schema `destination` describes it.

    Where a destination has a function, the document says only that there is one.
    """
    return {
        "slug": destination.slug,
        "name": destination.name,
        "description": destination.description,
        "settings": destination.settings,
        "authentication": {
            "scheme": destination.authentication.scheme,
            "test": destination.authentication.test is not None,
            "refresh": destination.authentication.refresh is not None,
        },
        "hosts": list(destination.hosts),
        "actions": {slug: _action(each) for slug, each in destination.actions.items()},
        "presets": [_preset(each) for each in destination.presets],
        "audience": _audience(destination.audience),
        **_kept(destination.segment),
    }


def _kept(segment: JsonObject) -> JsonObject:
    return {"x-segment": segment} if segment else {}


def _audience(audience: Audience | None) -> JsonObject | None:
    if audience is None:
        return None
    return {
        "mode": audience.mode,
        "fullSync": audience.full_sync,
        "functions": audience.functions,
        "settings": audience.settings,
    }


def _action(action: Action) -> JsonObject:
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
        "hooks": {name: _hook(each) for name, each in action.hooks.items()},
        "hidden": action.hidden,
        **_kept(action.segment),
    }


def _hook(hook: MappingHook) -> JsonObject:
    return {
        "title": hook.title,
        "description": hook.description,
        "inputs": hook.inputs,
        "outputs": hook.outputs,
    }


def _preset(preset: Preset) -> JsonObject:
    return {
        "name": preset.name,
        "action": preset.action,
        "trigger": preset.trigger,
        "event": preset.event,
        "mapping": preset.mapping,
        **_kept(preset.segment),
    }
