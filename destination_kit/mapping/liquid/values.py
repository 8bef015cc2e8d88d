"""Values as Liquid sees them, under JavaScript's rules (observed with liquidjs, see `__init__`).

Text is in code units here, so that lengths, indices and comparisons come out as in JavaScript.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

from destination_kit import _javascript
from destination_kit._javascript import type_name
from destination_kit._json import MISSING
from destination_kit.mapping.liquid.limits import Bounds
from destination_kit.mapping.liquid.utf16 import SCALARS, characters, in_units

Draft: TypeAlias = Any
"""A JSON value, `MISSING`, or a `Word`."""

_INDEX = re.compile("0|[1-9][0-9]{0,14}")
_OBJECT = "[object Object]"
_MOST_EXACT = 2**53
_SPECIAL = frozenset({"size", "first", "last"})


class Word(Enum):
    """A literal that is more than its value: it has its own idea of what is equal to it."""

    NIL = "nil"
    EMPTY = "empty"
    BLANK = "blank"


LITERALS: Mapping[str, Draft] = {
    "true": True,
    "false": False,
    "nil": Word.NIL,
    "null": Word.NIL,
    "empty": Word.EMPTY,
    "blank": Word.BLANK,
}
_PLAIN = {Word.NIL: None, Word.EMPTY: "", Word.BLANK: ""}


def plain(value: Draft) -> Draft:
    """Return the value that a word stands for, and any other value as it is."""
    return _PLAIN[value] if type(value) is Word else value


def text(value: Draft, bounds: Bounds) -> str:
    """Return what is written for a value: arrays without anything between their items."""
    value = plain(value)
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return ""
    return _joined("", value, text, bounds)


def string(value: Draft, bounds: Bounds) -> str:
    """Return `String(value)`: arrays joined by commas."""
    if isinstance(value, Word):
        return _OBJECT
    return _joined(",", value, element, bounds)


def element(value: Draft, bounds: Bounds) -> str:
    """Return what JavaScript's `join` makes of an item."""
    bounds.spend()
    return "" if value is None or value is MISSING else string(value, bounds)


def _joined(between: str, value: Draft, each: Any, bounds: Bounds) -> str:
    if type(value) in SCALARS or isinstance(value, str):
        return _javascript.to_string(value)
    if isinstance(value, Mapping):
        return _OBJECT
    return join([each(item, bounds) for item in value], between, bounds)


def join(parts: Sequence[str], between: str, bounds: Bounds) -> str:
    """Join texts, unless that is too much."""
    bounds.text(sum(map(len, parts)) + len(between) * max(len(parts) - 1, 0))
    return between.join(parts)


def primitive(value: Draft, bounds: Bounds) -> Draft:
    """Return what JavaScript compares and adds: a scalar, text for arrays and objects."""
    value = plain(value)
    if isinstance(value, str) or type(value) in SCALARS:
        return value
    return string(value, bounds)


def number(value: Draft, bounds: Bounds) -> float:
    """Return `Number(value)`, a double; NaN where it is none."""
    if type(value) is float:
        return value
    value = primitive(value, bounds)
    if value is MISSING:
        return math.nan
    if isinstance(value, str):
        bounds.spend(4 * len(value))
        value = _javascript.string_to_number(value)
    try:
        return 0.0 if value is None else float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def amount(value: Draft, bounds: Bounds) -> float:
    """Return the number that filters calculate with: 0 where there is none."""
    found = number(value, bounds)
    return 0.0 if math.isnan(found) else found


def whole(value: float) -> int:
    """Return a number as an index: without its fraction, NaN as 0, within 2^53."""
    if math.isnan(value):
        return 0
    return int(max(-_MOST_EXACT, min(_MOST_EXACT, value)))


def truthy(value: Draft) -> bool:
    """Return whether a condition holds: all but false, null and what is absent."""
    value = plain(value)
    return not (value is False or value is None or value is MISSING)


def added(one: Draft, other: Draft, bounds: Bounds) -> Draft:
    """Return `one + other`: text where either is text, else the sum of their numbers."""
    one, other = primitive(one, bounds), primitive(other, bounds)
    if isinstance(one, str) or isinstance(other, str):
        return join([string(one, bounds), string(other, bounds)], "", bounds)
    return number(one, bounds) + number(other, bounds)


def is_true(value: Draft) -> bool:
    """Return `Boolean(value)`, as filters look at their arguments; a word is an object there."""
    return isinstance(value, Word) or _javascript.to_boolean(value)


def length_of(value: Draft) -> Draft:
    """Return `value.length`, `MISSING` where there is none."""
    return MISSING if isinstance(value, Word) else own(value, "length")


def own(value: Draft, key: str) -> Draft:
    """Return a property of a value's own, as JavaScript has them; `MISSING` where there is none."""
    if type(value) is dict or isinstance(value, Mapping):
        found = value.get(key, MISSING)
        # names are in code units here, the keys of an event are not
        is_named = found is not MISSING or key.isascii()
        return found if is_named else value.get(characters(key), MISSING)
    if isinstance(value, str | list | tuple):
        if key == "length":
            return len(value)
        if _INDEX.fullmatch(key) and int(key) < len(value):
            return value[int(key)]
    return MISSING


def item(value: Draft, index: float, bounds: Bounds) -> Draft:
    """Return an item of what has a length; negative indices count from the end."""
    if index < 0:
        index = number(length_of(value), bounds) + index
    return own(value, string(index, bounds))


def step(value: Draft, key: Draft, bounds: Bounds) -> Draft:
    """Return where a step of a path leads; null and what is absent lead to themselves."""
    if value is None or value is MISSING or isinstance(value, Word):
        return None if value is None else MISSING
    key = plain(key)
    if isinstance(value, list | tuple) and type_name(key) == "number":
        return item(value, key, bounds)
    value = in_units(value, bounds) if isinstance(value, str) else value
    found = own(value, string(key, bounds))
    if key in ("first", "last") and isinstance(value, list | tuple):
        return item(value, 0 if key == "first" else -1, bounds)
    return _size(value, found) if key == "size" else found


def _size(value: Draft, found: Draft) -> Draft:
    if found is not MISSING or not isinstance(value, str | list | tuple | Mapping):
        return found
    return len(value)


def walk(value: Draft, steps: Sequence[Draft], bounds: Bounds) -> Draft:
    """Return where steps lead from a value."""
    for key in steps:
        # most steps are names in objects, and this runs for each step of each event
        if type(value) is dict and type(key) is str and key not in _SPECIAL:
            value = value[key] if key in value else own(value, key)
        else:
            value = step(value, key, bounds)
    return value
