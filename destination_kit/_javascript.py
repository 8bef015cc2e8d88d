"""How JavaScript reads JSON values, and turns them into text and numbers, as far as payloads show it.

Rules: ECMA-262, Number::toString, ToString, StringToNumber, JSON; observed with the reference.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NoReturn

from destination_kit._json import MISSING

if TYPE_CHECKING:
    from destination_kit._json import Json, Value

PROTOTYPE_KEY: Final = "__proto__"
"""A key that no payload has: to assign it in JavaScript sets the object's prototype instead."""

_LARGE = 21  # decimal point positions from which on a number is written with an exponent
_SMALL = -6
_BEYOND = 0x10000  # the first character outside the BMP
WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What `\\s` stands for in a pattern, and what `trim` takes away."""
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_QUOTE = json.JSONEncoder(ensure_ascii=False).encode
_KINDS = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}


def number_to_string(number: float) -> str:
    """Return `String(number)`: no `.0`, exponents from 1e21 and below 1e-6 on.

    A Python int keeps all its digits, whatever its size (a chosen difference: JavaScript rounds).
    """
    if isinstance(number, int):
        return str(number)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Write 0.DIGITS times ten to the `point` as JavaScript does."""
    if len(digits) <= point <= _LARGE:
        return digits.ljust(point, "0")
    if 0 < point <= _LARGE:
        return f"{digits[:point]}.{digits[point:]}"
    if _SMALL < point <= 0:
        return f"0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if digits[1:] else ""
    return f"{digits[0]}{rest}e{point - 1:+d}"


def to_string(value: Value) -> str:
    """Return `String(value)`: arrays joined by commas (null as nothing), objects by their class."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_to_string(value)
    if value is None:
        return "null"
    if value is MISSING:
        return "undefined"
    if isinstance(value, Mapping):
        return "[object Object]"
    return ",".join(_element(each) for each in value)


def _element(value: Value) -> str:
    return "" if value is None or value is MISSING else to_string(value)


def trim(value: str) -> str:
    """Return `value.trim()`."""
    return value.strip(WHITE_SPACE)


def string_to_number(value: str) -> float:
    """Return `Number(value)` of a text: NaN where it is none.

    Whole numbers are exact ints; those that no double can hold are infinite.
    """
    stripped = trim(value)
    if not stripped:
        return 0
    if _RADIX.fullmatch(stripped):
        return _held(int(stripped, 0))
    if stripped.lstrip("+-") == "Infinity" and len(stripped) <= len("+Infinity"):
        return -math.inf if stripped[0] == "-" else math.inf
    if not _DECIMAL.fullmatch(stripped):
        return math.nan
    return _whole(stripped) if stripped.lstrip("+-").isdigit() else float(stripped)


def utf16_length(value: str) -> int:
    """Return `value.length`: the number of UTF-16 code units."""
    return len(value) if value.isascii() else len(value.encode("utf-16-le", "surrogatepass")) // 2


def type_name(value: Value) -> str:
    """Return what JavaScript calls the value: "null", "array", "object", "undefined" and so on."""
    if known := _KINDS.get(type(value)):
        return known
    if value is MISSING:
        return "undefined"
    return "object" if isinstance(value, Mapping) else "array"


def to_boolean(value: Value) -> bool:
    """Return `Boolean(value)`: unlike in Python, empty containers are true and NaN is false."""
    if isinstance(value, float) and math.isnan(value):
        return False
    return bool(value) or type_name(value) in ("array", "object")


def is_loosely_equal_to_empty(value: Json) -> bool:
    """Return `value == ""`: so are false, 0, blank arrays such as `[[]]`, but not `[0]` or `{}`."""
    if isinstance(value, int | float):
        return value == 0
    return not to_string(value)


def to_number(value: Value) -> float:
    """Return `Number(value)` of any value."""
    if isinstance(value, bool) or value is None:
        return int(bool(value))
    if isinstance(value, int | float):
        return value
    return math.nan if value is MISSING else string_to_number(to_string(value))


def stringify_json(value: Value) -> str | None:
    """Return `JSON.stringify(value)`, None where JavaScript has `undefined`.

    Keys keep their order and surrogates stay as they are.
    """
    if value is MISSING:
        return None
    if isinstance(value, str):
        return _QUOTE(value)
    if isinstance(value, float):
        return number_to_string(value) if math.isfinite(value) else "null"
    if value is None or isinstance(value, int):
        return to_string(value)
    if isinstance(value, Mapping):
        members = ((key, stringify_json(each)) for key, each in value.items())
        return (
            f"{{{','.join(f'{_QUOTE(key)}:{each}' for key, each in members if each is not None)}}}"
        )
    return f"[{','.join(stringify_json(each) or 'null' for each in value)}]"


def parse_json(source: str) -> Json:
    """Return `JSON.parse(source)`: strict JSON only; a `ValueError` tells where it is not.

    Whole numbers keep all their digits; those that no double can hold are infinite.
    """
    parsed: Json = json.loads(source, parse_int=_whole, parse_constant=_no_constant)
    return parsed


def _whole(digits: str) -> float:
    """Return the whole number that decimal digits write."""
    try:
        exact = int(digits)
    except ValueError:  # more digits than Python reads: infinite, but for zeros in front
        return float(digits)
    return _held(exact) if exact or digits[0] != "-" else -0.0


def _held(exact: int) -> float:
    """Return the number, or an infinite one where no double can hold it."""
    try:
        float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf
    return exact


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def code_unit_at(value: str, index: int) -> str | None:
    """Return `value[index]`, one UTF-16 code unit, which may be half a character; None past it."""
    units = to_surrogate_pairs(value)
    return units[index] if index < len(units) else None


def code_units(value: str) -> list[str]:
    """Return every code unit of a text, in order; a character outside the BMP has two."""
    return list(to_surrogate_pairs(value))


def to_surrogate_pairs(value: str) -> str:
    """Return a text with every character outside the BMP as its two code units."""
    if not has_supplementary_characters(value):
        return value
    return value.translate({each: _pair(each) for each in map(ord, set(value)) if each >= _BEYOND})


def has_supplementary_characters(value: str) -> bool:
    """Return whether a text has characters of two UTF-16 code units."""
    return not value.isascii() and utf16_length(value) > len(value)


def _pair(character: int) -> str:
    above = character - _BEYOND
    return chr(0xD800 + (above >> 10)) + chr(0xDC00 + (above & 0x3FF))


def to_well_formed(value: str) -> str:
    """Return `value.toWellFormed()`: halves of characters joined, lone ones become U+FFFD."""
    if value.isascii() or not _SURROGATE.search(value):
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
