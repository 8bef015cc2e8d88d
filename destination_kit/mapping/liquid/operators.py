"""The operators of Liquid's conditions; each compares two values within the bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from destination_kit._javascript import trim, type_name
from destination_kit._json import MISSING
from destination_kit.mapping.liquid.limits import Bounds
from destination_kit.mapping.liquid.values import (
    Draft,
    Word,
    number,
    plain,
    primitive,
    string,
    truthy,
)

Operator: TypeAlias = Callable[[Draft, Draft, Bounds], bool]


def equals(one: Draft, other: Draft, bounds: Bounds) -> bool:
    """Return whether Liquid's `==` holds: no conversions, arrays by their items, objects by identity."""
    bounds.spend()
    if isinstance(one, Word):
        return _is_word(one, other, bounds)
    if isinstance(other, Word):
        return _is_word(other, one, bounds)
    if isinstance(one, list | tuple):
        if not isinstance(other, list | tuple) or len(one) != len(other):
            return False
        return all(equals(a, b, bounds) for a, b in zip(one, other, strict=True))
    if type_name(one) != type_name(other):
        return False
    return one is other if isinstance(one, Mapping) else bool(one == other)


def _is_word(word: Word, value: Draft, bounds: Bounds) -> bool:
    if word is Word.NIL:
        return plain(value) is None or value is MISSING
    if word is Word.BLANK and _is_blank(value, bounds):
        return True
    return isinstance(value, str | list | tuple | Mapping) and not value


def _is_blank(value: Draft, bounds: Bounds) -> bool:
    if value is False or plain(value) is None or value is MISSING:
        return True
    if not isinstance(value, str):
        return False
    bounds.spend(len(value))
    return not trim(value)


def less(one: Draft, other: Draft, bounds: Bounds, *, or_equal: bool = False) -> bool:
    """Return `one < other` (or `<=`): text by code units, anything else as numbers; words never."""
    if isinstance(one, Word) or isinstance(other, Word):
        return False
    one, other = primitive(one, bounds), primitive(other, bounds)
    if not (isinstance(one, str) and isinstance(other, str)):
        one, other = _comparable(one, bounds), _comparable(other, bounds)
    return bool(one <= other) if or_equal else bool(one < other)


def _comparable(value: Draft, bounds: Bounds) -> float:
    """Return a number without loss, whole ones of any size among them."""
    exact = isinstance(value, int | float) and not isinstance(value, bool)
    return value if exact else number(value, bounds)


def contains(one: Draft, other: Draft, bounds: Bounds) -> bool:
    """Return whether an array has such an item, or a text such a part."""
    one = plain(one)
    if isinstance(one, list | tuple):
        return any(equals(each, other, bounds) for each in one)
    return isinstance(one, str) and string(plain(other), bounds) in one


UNARY: Final = "not"
PRECEDENCE: Final[Mapping[str, int]] = {
    **dict.fromkeys(("==", "!=", ">", "<", ">=", "<=", "contains"), 2),
    UNARY: 1,
    **dict.fromkeys(("and", "or"), 0),
}
"""Which operator binds first; of equals the last one does."""

OPERATORS: Final[Mapping[str, Operator]] = {
    "==": equals,
    "!=": lambda one, other, bounds: not equals(one, other, bounds),
    "<": less,
    ">": lambda one, other, bounds: less(other, one, bounds),
    "<=": lambda one, other, bounds: less(one, other, bounds, or_equal=True),
    ">=": lambda one, other, bounds: less(other, one, bounds, or_equal=True),
    "contains": contains,
    UNARY: lambda _, other, _bounds: not truthy(other),
    "and": lambda one, other, _bounds: truthy(one) and truthy(other),
    "or": lambda one, other, _bounds: truthy(one) or truthy(other),
}
