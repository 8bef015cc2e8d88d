"""Values of Liquid, and their conversions: ECMAScript's operations and liquidjs's own.

Text has surrogate pairs here (`utf16.py`), so that lengths, indices and comparisons come out as in
JavaScript. A function that implements a function of liquidjs or an operation of ECMAScript names it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

from destination_kit import _javascript
from destination_kit._javascript import type_name
from destination_kit._json import MISSING
from destination_kit._python_values import to_json
from destination_kit._surrogates import join_surrogate_pairs
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.utf16 import SCALAR_TYPES, value_to_surrogate_pairs

#: A JSON value, `MISSING` for `undefined`, or a `SpecialLiteral`.
LiquidValue: TypeAlias = Any

# `01` is no array index in JavaScript. int() refuses more than 4,300 digits, and no array in memory
# has 10^15 items.
_INDEX = re.compile("0|[1-9][0-9]{0,14}")
_OBJECT_TEXT = "[object Object]"
_MAX_EXACT_INTEGER = 2**53
_COMPUTED_PROPERTIES = frozenset({"size", "first", "last"})


class SpecialLiteral(Enum):
    """A literal that compares by a rule of its own: `NullDrop`, `EmptyDrop`, `BlankDrop` of liquidjs."""

    NIL = "nil"
    EMPTY = "empty"
    BLANK = "blank"


LITERALS: Mapping[str, LiquidValue] = {
    "true": True,
    "false": False,
    "nil": SpecialLiteral.NIL,
    "null": SpecialLiteral.NIL,
    "empty": SpecialLiteral.EMPTY,
    "blank": SpecialLiteral.BLANK,
}
_PLAIN_VALUES = {SpecialLiteral.NIL: None, SpecialLiteral.EMPTY: "", SpecialLiteral.BLANK: ""}


def to_plain(value: LiquidValue) -> LiquidValue:
    """Return the plain value of a special literal, and any other value unchanged (`toValue`)."""
    return _PLAIN_VALUES[value] if type(value) is SpecialLiteral else value


def to_text(value: LiquidValue, limiter: WorkLimiter) -> str:
    """Return the text that a template writes for a value (liquidjs's `stringify`).

    Null and `undefined` write nothing. The elements of an array follow each other directly.
    """
    value = to_plain(value)
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return ""
    return _convert_to_text(value, "", to_text, limiter)


def to_string(value: LiquidValue, limiter: WorkLimiter) -> str:
    """Return `String(value)`: ECMAScript's ToString, which joins arrays with commas."""
    if isinstance(value, SpecialLiteral):
        return _OBJECT_TEXT
    return _convert_to_text(value, ",", element_to_string, limiter)


def element_to_string(value: LiquidValue, limiter: WorkLimiter) -> str:
    """Return the text of an element in `Array.prototype.join`: null and `undefined` are empty."""
    # A template of 1,000 characters can push an array into itself 50 times. Without a budget, the
    # text of its 2^50 elements would fill the memory.
    limiter.spend()
    return "" if value is None or value is MISSING else to_string(value, limiter)


def _convert_to_text(
    value: LiquidValue,
    separator: str,
    convert_element: Callable[[LiquidValue, WorkLimiter], str],
    limiter: WorkLimiter,
) -> str:
    if type(value) in SCALAR_TYPES or isinstance(value, str):
        return _javascript.to_string(value)
    if isinstance(value, Mapping):
        return _OBJECT_TEXT
    if not isinstance(value, list | tuple):
        return _javascript.to_string(value)
    return join_texts([convert_element(part, limiter) for part in value], separator, limiter)


def join_texts(parts: Sequence[str], separator: str, limiter: WorkLimiter) -> str:
    """Join texts. A result beyond the limit of a text raises an `ResolutionError`."""
    limiter.reserve_text(sum(map(len, parts)) + len(separator) * max(len(parts) - 1, 0))
    return separator.join(parts)


def to_primitive(value: LiquidValue, limiter: WorkLimiter) -> LiquidValue:
    """Return a scalar unchanged, and the text of an array or object (ECMAScript's ToPrimitive)."""
    value = to_plain(value)
    if isinstance(value, str) or type(value) in SCALAR_TYPES:
        return value
    return to_string(value, limiter)


def to_number(value: LiquidValue, limiter: WorkLimiter) -> float:
    """Return `Number(value)` as a double: ECMAScript's ToNumber, NaN for text that is no number."""
    if type(value) is float:
        return value
    value = to_primitive(value, limiter)
    if value is MISSING:
        return math.nan
    if isinstance(value, str):
        # A unit of work stands for 2.5 ns, so four allow 10 ns a character. Most texts take up to 7
        # ns. A number of 4,300 digits, the most that int() reads, takes 22 ns, which is 0.1 ms in
        # all.
        limiter.spend(4 * len(value))
        value = _javascript.string_to_number(value)
    try:
        return 0.0 if value is None else float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def to_number_or_zero(value: LiquidValue, limiter: WorkLimiter) -> float:
    """Return the operand of an arithmetic filter: 0 instead of NaN (liquidjs's `toNumber`)."""
    number = to_number(value, limiter)
    return 0.0 if math.isnan(number) else number


def to_index(value: float) -> int:
    """Return a number as an index: ECMAScript's ToIntegerOrInfinity, within 2^53."""
    if math.isnan(value):
        return 0
    return int(max(-_MAX_EXACT_INTEGER, min(_MAX_EXACT_INTEGER, value)))


def is_truthy(value: LiquidValue) -> bool:
    """Return whether a condition holds (liquidjs's `isTruthy`): 0 and empty text hold too."""
    value = to_plain(value)
    return not (value is False or value is None or value is MISSING)


def add(left: LiquidValue, right: LiquidValue, limiter: WorkLimiter) -> LiquidValue:
    """Return JavaScript's `left + right`: text if either is text, else the sum of the numbers."""
    left, right = to_primitive(left, limiter), to_primitive(right, limiter)
    if isinstance(left, str) or isinstance(right, str):
        return join_texts([to_string(left, limiter), to_string(right, limiter)], "", limiter)
    return to_number(left, limiter) + to_number(right, limiter)


def to_boolean(value: LiquidValue) -> bool:
    """Return `Boolean(value)`: ECMAScript's ToBoolean. A special literal is an object, so true."""
    return isinstance(value, SpecialLiteral) or _javascript.to_boolean(value)


def get_length(value: LiquidValue) -> LiquidValue:
    """Return `value.length`, or `MISSING`."""
    return MISSING if isinstance(value, SpecialLiteral) else get_own_property(value, "length")


def get_own_property(value: LiquidValue, key: str) -> LiquidValue:
    """Return an own property of a value, as `hasOwnProperty` finds it in JavaScript, or `MISSING`."""
    if type(value) is dict or isinstance(value, Mapping):
        member = value.get(key, MISSING)
        # A name in a template has surrogate pairs (`compile_liquid`), but a key of an event has
        # whole characters. Without the second look, a key with an emoji would never be found.
        is_final = member is not MISSING or key.isascii()
        return _to_json(member if is_final else value.get(join_surrogate_pairs(key), MISSING))
    if isinstance(value, str | list | tuple):
        if key == "length":
            return len(value)
        if _INDEX.fullmatch(key) and int(key) < len(value):
            return _to_json(value[int(key)])
    return MISSING


def _to_json(value: LiquidValue) -> LiquidValue:
    return value if isinstance(value, SpecialLiteral) else to_json(value)


def get_element(value: LiquidValue, index: float, limiter: WorkLimiter) -> LiquidValue:
    """Return an element by its index (liquidjs's `readArrayElement`). Below 0 it counts from the end."""
    if index < 0:
        index = to_number(get_length(value), limiter) + index
    return get_own_property(value, to_string(index, limiter))


def read_property(value: LiquidValue, key: LiquidValue, limiter: WorkLimiter) -> LiquidValue:
    """Return a property of a value (liquidjs's `Context.readProperty`).

    Null has null, and `undefined` has `MISSING`, under every key.
    """
    if value is None or value is MISSING or isinstance(value, SpecialLiteral):
        return None if value is None else MISSING
    key = to_plain(key)
    if isinstance(value, list | tuple) and type_name(key) == "number":
        return get_element(value, key, limiter)
    value = value_to_surrogate_pairs(value, limiter) if isinstance(value, str) else value
    member = get_own_property(value, to_string(key, limiter))
    if key in ("first", "last") and isinstance(value, list | tuple):
        return get_element(value, 0 if key == "first" else -1, limiter)
    return _read_size(value, member) if key == "size" else member


def _read_size(value: LiquidValue, member: LiquidValue) -> LiquidValue:
    if member is not MISSING or not isinstance(value, str | list | tuple | Mapping):
        return member
    return len(value)


def read_path(value: LiquidValue, keys: Sequence[LiquidValue], limiter: WorkLimiter) -> LiquidValue:
    """Return the value that a path of keys leads to (liquidjs's `Context._getFromScope`)."""
    for key in keys:
        # `read_property` would take 560 ns to read a member of an object, instead of 140 ns, for
        # every path of every event.
        if type(value) is dict and type(key) is str and key not in _COMPUTED_PROPERTIES:
            value = value[key] if key in value else get_own_property(value, key)
        else:
            value = read_property(value, key, limiter)
    return value
