"""Batch limits of an action, and the overrides of an operator in a subscription's `batch`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from destination_kit._json import Json, pointer
from destination_kit.definitions import Action
from destination_kit.errors import Problem, did_you_mean
from destination_kit.limits import BatchLimits


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_wait(value: Json) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < math.inf


_LIMITS: Final[Mapping[str, tuple[Callable[[Json], bool], str]]] = {
    "count": (_is_count, "a whole number of payloads, at least 1"),
    "bytes": (_is_count, "a whole number of bytes, at least 1"),
    "wait": (_is_wait, "a number of seconds, 0 or more"),
}


def check_limit_overrides(overrides: Json, action: Action) -> Iterator[Problem]:
    """Yield what is wrong with the `batch` of a subscription."""
    if not isinstance(overrides, Mapping) or not overrides:
        return
    if action.perform_batch is None:
        yield Problem("/batch", "BATCH", f"{action.title} takes no batches")
    for key, value in overrides.items():
        if key not in _LIMITS:
            message = f"there is no {key!r} in batch{did_you_mean(key, _LIMITS)}"
            yield Problem(pointer("batch", key), "UNKNOWN_KEY", message)
        elif not _LIMITS[key][0](value):
            yield Problem(pointer("batch", key), "BATCH", f"should be {_LIMITS[key][1]}")
        # The author states the count and bytes that the partner accepts. A larger call would fail,
        # so an operator may only lower them. The partner sees nothing of the wait.
        elif key != "wait" and value > (maximum := getattr(action.batch, key)):
            message = f"a call of {action.title} carries {maximum:,} at most"
            yield Problem(pointer("batch", key), "BATCH", message)


def apply_limit_overrides(overrides: Json, action: Action) -> BatchLimits:
    """Return the action's limits, changed by the `batch` of a subscription if that is sound."""
    if not isinstance(overrides, Mapping) or not overrides:
        return action.batch
    if any(check_limit_overrides(overrides, action)):
        return action.batch
    changes: Mapping[str, Any] = overrides
    return replace(action.batch, **changes)


def check_action_limits(action: Action, *at: str | int) -> Iterator[Problem]:
    """Yield what is wrong with the limits that an author gives an action."""
    for name, (is_sound, expected) in _LIMITS.items():
        if not is_sound(getattr(action.batch, name)):
            yield Problem(pointer(*at, name), "BATCH", f"should be {expected}")
    keys: object = action.batch.keys
    if not isinstance(keys, tuple | list):
        message = f"should be a tuple of fields, and is a {type(keys).__name__}"
        yield Problem(pointer(*at, "keys"), "SHAPE", message)
        return
    fields = action.fields.get("properties")
    if not isinstance(fields, Mapping):
        return  # a schema without `properties` accepts any field, so each key may exist
    for key in keys:
        if key not in fields:
            message = f"there is no field {key!r}{did_you_mean(key, fields)}"
            yield Problem(pointer(*at, "keys"), "BATCH", message)
