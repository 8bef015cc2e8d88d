"""Whether a definition's records hold what their types say: plugins are not type-checked here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import iscoroutinefunction
from typing import Any

from destination_kit._json import pointer
from destination_kit.definitions import Action, Authentication, BatchLimits, Destination, Preset
from destination_kit.errors import Problem


def check_shape(destination: Destination) -> Iterator[Problem]:
    """Yield what is not of the type that a destination's record asks for, actions left to theirs."""
    yield from _expect(destination, "a text", str, "slug", "name", "description")
    yield from _expect(destination, "a JSON object", Mapping, "settings")
    yield from _expect(destination, "an Authentication", Authentication, "authentication")
    yield from _expect(destination, "a tuple of texts", tuple | list, "hosts")
    yield from _expect(destination, "a mapping of slugs to Action records", Mapping, "actions")
    yield from _expect(destination, "a tuple of Preset records", tuple | list, "presets")
    if destination.share is not None:
        yield from _expect(destination, "a function", Callable, "share")


def check_action_shape(action: object, *at: str | int) -> Iterator[Problem]:
    """Yield what is not of the type that an action's record asks for."""
    if not isinstance(action, Action):
        yield Problem(pointer(*at), "SHAPE", f"is a {type(action).__name__}, not an Action")
        return
    yield from _expect(action, "a text", str, "title", "description", at=at)
    yield from _expect(action, "a text or None", str | None, "trigger", at=at)
    yield from _expect(action, "a JSON object", Mapping, "fields", at=at)
    yield from _expect(action, "a mapping of fields to functions", Mapping, "choices", at=at)
    yield from _check_async(action.perform, *at, "perform")
    yield from _expect(action, "a BatchLimits", BatchLimits, "batch", at=at)
    if action.perform_batch is not None:
        yield from _check_async(action.perform_batch, *at, "perform_batch")


def check_preset_shape(preset: object, *at: str | int) -> Iterator[Problem]:
    """Yield what is not of the type that a preset's record asks for."""
    if not isinstance(preset, Preset):
        yield Problem(pointer(*at), "SHAPE", f"is a {type(preset).__name__}, not a Preset")
        return
    yield from _expect(preset, "a text", str, "name", "action", at=at)
    yield from _expect(preset, "a text or None", str | None, "trigger", at=at)
    yield from _expect(preset, "a JSON object", Mapping, "mapping", at=at)


def _expect(
    record: object, what: str, wanted: Any, *names: str, at: tuple[str | int, ...] = ()
) -> Iterator[Problem]:
    for name in names:
        value = getattr(record, name)
        if not isinstance(value, wanted):
            message = f"should be {what}, and is a {type(value).__name__}"
            yield Problem(pointer(*at, name), "SHAPE", message)


def _check_async(function: Callable[..., object], *at: str | int) -> Iterator[Problem]:
    inner = getattr(function, "func", function)  # what a partial wraps
    if not iscoroutinefunction(inner) and not iscoroutinefunction(type(inner).__call__):
        yield Problem(pointer(*at), "SHAPE", "should be an async function")
