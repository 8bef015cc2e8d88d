"""Snapshots of plugins' records: plain records, whose containers are copied within limits.

A container of a plugin's own class may raise, may have no end, and may change after the checks.
What has a wrong type stays as it is: the checks of the definition name it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from destination_kit._budget import check_document_size
from destination_kit._json import copy_json, take
from destination_kit.definitions import Action, Destination, MappingHook, Preset

T = TypeVar("T")
_JSON_ATTRIBUTES = (
    "settings",
    "fields",
    "mapping",
    "sync_mode",
    "options",
    "inputs",
    "outputs",
    "segment",
)
_TEXT_ATTRIBUTES = ("slug", "name", "description", "title", "trigger", "action", "event")


def snapshot_destination(destination: Destination) -> Destination:
    """Return a destination with its own containers; raise what a container raises."""
    return _snapshot(
        Destination,
        destination,
        hosts=_take_list,
        all_rate_limits=_take_list,
        actions=lambda actions: _take_members(actions, snapshot_action),
        presets=lambda presets: _take_list(presets, snapshot_preset),
    )


def snapshot_action(action: Any) -> Any:
    """Return an action with its own containers; another value as it is."""
    return (
        _snapshot(
            Action,
            action,
            choices=_take_members,
            all_rate_limits=_take_list,
            hooks=lambda hooks: _take_members(hooks, _snapshot_hook),
        )
        if issubclass(type(action), Action)
        else action
    )


def snapshot_preset(preset: Any) -> Any:
    """Return a preset with its own containers; another value as it is."""
    return _snapshot(Preset, preset) if issubclass(type(preset), Preset) else preset


def _snapshot_hook(hook: Any) -> Any:
    return _snapshot(MappingHook, hook) if issubclass(type(hook), MappingHook) else hook


def _snapshot(record_type: type[T], record: Any, **copies: Callable[[Any], Any]) -> T:
    """Return a record of exactly this type, each attribute copied by its rule."""
    rules = {
        **dict.fromkeys(_JSON_ATTRIBUTES, _copy_document),
        **dict.fromkeys(_TEXT_ATTRIBUTES, _plain_text),
        **copies,
    }
    attributes = {
        attribute.name: rules.get(attribute.name, _keep)(getattr(record, attribute.name))
        for attribute in fields(record_type)  # type: ignore[arg-type]  # each is a dataclass
    }
    return record_type(**attributes)


def _copy_document(value: Any) -> Any:
    check_document_size(value)
    return copy_json(value)


def _keep(value: Any) -> Any:
    return value


def _plain_text(value: Any) -> Any:
    return str.__str__(value) if issubclass(type(value), str) else value


def _take_list(members: Any, copy: Callable[[Any], Any] = _plain_text) -> Any:
    return tuple(map(copy, take(members))) if issubclass(type(members), tuple | list) else members


def _take_members(members: Any, copy: Callable[[Any], Any] = _keep) -> Any:
    if not issubclass(type(members), Mapping):
        return members
    return {_plain_text(name): copy(member) for name, member in take(members.items())}
