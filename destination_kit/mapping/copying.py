"""What reaches a payload: copies that nobody else holds, free of `undefined` and of half characters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from destination_kit._javascript import PROTOTYPE_KEY, to_well_formed
from destination_kit._json import MISSING, Missing, Value
from destination_kit.mapping.resolvers import ResolutionError

MAX_PAYLOAD_DEPTH: Final = 100
_SCALAR_TYPES = frozenset({int, float, bool, type(None), Missing})


def copy_payload(value: Value, deepest: int = MAX_PAYLOAD_DEPTH) -> Value:
    """Return a deep copy without absent keys; absent items of arrays stay `MISSING`.

    Lone surrogates become U+FFFD. More levels than `deepest` are an `UnfitEventError`.
    """
    if isinstance(value, str):
        return to_well_formed(value)
    if type(value) in _SCALAR_TYPES:
        return value
    if deepest == 0:
        raise ResolutionError(f"a value is nested more than {MAX_PAYLOAD_DEPTH} levels deep")
    if isinstance(value, list | tuple):
        items: list[Any] = [copy_payload(each, deepest - 1) for each in value]
        return items
    return _copied_members(value, deepest - 1) if isinstance(value, dict | Mapping) else value


def _copied_members(members: Mapping[str, Any], deepest: int) -> dict[str, Any]:
    # This runs for every field of every event: what needs no copy is kept without a call.
    copied = {}
    for key, value in members.items():
        if value is MISSING or key == PROTOTYPE_KEY:
            continue
        plain = type(value) in _SCALAR_TYPES or (type(value) is str and value.isascii())
        kept = value if plain else copy_payload(value, deepest)
        copied[key if key.isascii() else to_well_formed(key)] = kept
    return copied
