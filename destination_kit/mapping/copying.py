"""Copies of resolved values: what reaches a payload shares no container with the event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from destination_kit._javascript import PROTOTYPE_KEY
from destination_kit._json import MISSING, Missing, Value, as_array
from destination_kit._python_values import NotJsonError, is_decimal, join_keys, to_json
from destination_kit._surrogates import to_well_formed
from destination_kit.errors import ResolutionError

MAX_PAYLOAD_DEPTH: Final = 100
_SCALAR_TYPES = frozenset({int, float, bool, type(None), Missing})


def copy_payload(value: Value, levels: int = MAX_PAYLOAD_DEPTH) -> Value:
    """Return a deep copy without absent keys; absent items of arrays stay `MISSING`.

    Lone surrogates become U+FFFD, and Python values what `to_json` makes of them. Raises
    `NotJsonError` for a value that is not JSON, and `ResolutionError` beyond `levels` of nesting.
    """
    if type(value) is str:
        return to_well_formed(value)
    if type(value) in _SCALAR_TYPES:
        return value
    if not isinstance(value, list | tuple | dict | Mapping):
        converted = to_json(value)
        return converted if is_decimal(converted) else copy_payload(converted, levels)
    if levels == 0:
        raise ResolutionError(f"a value is nested more than {MAX_PAYLOAD_DEPTH} levels deep")
    if isinstance(value, list | tuple):
        items: list[Any] = [copy_payload(member, levels - 1) for member in value]
        return items
    return _copy_members(value, levels - 1)


def _copy_members(members: Mapping[str, Any], levels: int) -> dict[str, Any]:
    has_ascii_keys = join_keys(members).isascii()
    copied = {}
    for key, value in members.items():
        if value is MISSING or key == PROTOTYPE_KEY:
            continue
        # This runs for each event. With a call of `copy_payload` for every field, twelve scalars
        # would take 5.8 µs instead of 1.9 µs.
        is_final = type(value) in _SCALAR_TYPES or (type(value) is str and value.isascii())
        kept = value if is_final else copy_payload(value, levels)
        copied[key if has_ascii_keys else to_well_formed(key)] = kept
    return copied


def locate_refused(value: object) -> tuple[str | int, ...] | None:
    """Return the keys that lead to the first value that `copy_payload` refuses, None without one."""
    # `copy_payload` runs for each event, this only for one that fails. There, the keys on the way
    # would cost every event.
    try:
        converted = to_json(value)
    except NotJsonError:
        return ()
    if not isinstance(converted, Mapping):
        return _locate_in(enumerate(as_array(converted)))
    wrong_keys = [(str(key),) for key in converted if not isinstance(key, str)]
    return wrong_keys[0] if wrong_keys else _locate_in(converted.items())


def _locate_in(members: Iterable[tuple[str | int, object]]) -> tuple[str | int, ...] | None:
    for key, member in members:
        if (steps := locate_refused(member)) is not None:
            return (key, *steps)
    return None
