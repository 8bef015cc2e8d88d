"""Batch controls: the fields `batch_keys`, `batch_size` and `enable_batching` of Segment's actions.

They stay in the payload, as in the reference. Literals of them in a mapping change the limits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeGuard

from destination_kit._json import Json, JsonObject, as_array, as_object, pointer
from destination_kit.definitions import Action
from destination_kit.errors import Problem, did_you_mean
from destination_kit.limits import BatchLimits

ENABLED: Final = "enable_batching"
KEYS: Final = "batch_keys"
SIZE: Final = "batch_size"
# A float can be infinite, and has no whole number then.
_MAX_COUNT: Final = 2**53
# The schema coerces these texts to booleans, as the reference's validator does.
_BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "false": False}


def declared_batch_keys(fields: JsonObject) -> tuple[str, ...]:
    """Return the fields that the default of `batch_keys` names."""
    properties = as_object(fields.get("properties"))
    default = as_object(properties.get(KEYS)).get("default")
    return tuple(name for name in map(str, as_array(default)) if name in properties)


def read_batch_limits(fields: JsonObject) -> BatchLimits:
    """Return the limits that the batch controls of an action's fields declare."""
    size = as_object(as_object(fields.get("properties")).get(SIZE))
    counts = (count for count in map(size.get, ("default", "maximum")) if _is_count(count))
    count = next(counts, BatchLimits().count)
    return BatchLimits(count=int(count), keys=declared_batch_keys(fields))


def check_batch_fields(mapping: JsonObject, action: Action) -> Iterator[Problem]:
    """Yield what is wrong with the batch controls that stand in a mapping as literals."""
    controls = _find_literals(mapping, action)
    if SIZE in controls and (message := _describe_size(controls[SIZE], action)):
        yield Problem(pointer(SIZE), "BATCH", message)
    known = as_object(action.fields.get("properties"))
    for name in _read_names(controls.get(KEYS)):
        if name not in known:
            message = f"{action.title} has no field {name!r}{did_you_mean(name, known)}"
            yield Problem(pointer(KEYS), "BATCH", message)


def apply_batch_fields(mapping: JsonObject, action: Action) -> Action:
    """Return the action with the limits that a mapping's batch controls choose.

    With `enable_batching: false` it takes no batches, so each payload goes to `perform`. Controls
    that `check_batch_fields` refuses, and those that an event computes, change nothing.
    """
    controls = _find_literals(mapping, action)
    if not controls or any(check_batch_fields(mapping, action)):
        return action
    enabled = controls.get(ENABLED)
    if (_BOOLEANS.get(enabled) if isinstance(enabled, str) else enabled) is False:
        return replace(action, perform_batch=None)
    size, names = controls.get(SIZE), _read_names(controls.get(KEYS))
    count = int(size) if _is_count(size) else action.batch.count
    # The author's keys stay: a call cannot hold two lists because an operator names other fields.
    keys = tuple(dict.fromkeys((*action.batch.keys, *names)))
    return replace(action, batch=replace(action.batch, count=count, keys=keys))


def _find_literals(mapping: JsonObject, action: Action) -> Mapping[str, Json]:
    """Return the batch controls of an action that takes batches, where a mapping fixes them."""
    if action.perform_batch is None:
        return {}
    fields: Collection[str] = as_object(action.fields.get("properties"))
    named = [name for name in (ENABLED, KEYS, SIZE) if name in mapping and name in fields]
    values = {name: _unwrap(mapping[name]) for name in named}
    return {name: value for name, value in values.items() if not isinstance(value, Mapping)}


def _unwrap(value: Json) -> Json:
    return value.get("@literal", value) if isinstance(value, Mapping) else value


def _read_names(value: Json) -> list[str]:
    # A single text counts as a list of one, as in the reference's coercion of `multiple` fields.
    return [str(name) for name in (as_array(value) or ([value] if isinstance(value, str) else []))]


def _is_count(value: Json) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 1 <= value < _MAX_COUNT and value == int(value)


def _describe_size(size: Json, action: Action) -> str:
    """Return what is wrong with a `batch_size`; empty where it is sound.

    0 and null leave the size to the action: `webhook-audiences` has 0 as its default.
    """
    if not size and not isinstance(size, bool | str):
        return ""
    if not _is_count(size):
        return "should be a whole number of payloads, at least 1; 0 leaves it to the action"
    field = as_object(as_object(action.fields.get("properties")).get(SIZE))
    given, least = field.get("maximum"), field.get("minimum")
    maximum = given if _is_count(given) else action.batch.count
    minimum = least if _is_count(least) else 1
    if size > maximum:
        return f"a call of {action.title} carries {maximum:,} at most"
    return f"a call of {action.title} carries {minimum:,} at least" if size < minimum else ""
