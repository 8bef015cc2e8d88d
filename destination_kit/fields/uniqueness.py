"""Uniqueness of the items of an array, as JSON compares them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit._json import Json


def are_items_unique(value: Json) -> bool:
    """Return whether no two items of an array are equal; other values have no items."""
    # `jsonschema` compares each pair where the items have no order, such as texts and numbers. For
    # 50,000 items that takes minutes.
    return not isinstance(value, list) or len(set(map(_to_key, value))) == len(value)


def _to_key(value: Json) -> Hashable:
    """Return a key that is equal for equal values: 1 is 1.0, and neither is true."""
    if isinstance(value, Mapping):
        return frozenset((name, _to_key(member)) for name, member in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_to_key, value))
    return (bool, value) if isinstance(value, bool) else value
