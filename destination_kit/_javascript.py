"""How JavaScript turns JSON values into text and numbers, as far as payloads show it.

Rules: ECMA-262, Number::toString, ToString, StringToNumber; observed with the reference.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from destination_kit._json import MISSING

if TYPE_CHECKING:
    from destination_kit._json import Value

_LARGE = 21  # decimal point positions from which on a number is written with an exponent
_SMALL = -6
_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")


def number_text(number: float) -> str:
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


def text(value: Value) -> str:
    """Return `String(value)`: arrays joined by commas (null as nothing), objects by their class."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if value is None:
        return "null"
    if value is MISSING:
        return "undefined"
    if isinstance(value, Mapping):
        return "[object Object]"
    return ",".join(_element(each) for each in value)


def _element(value: Value) -> str:
    return "" if value is None or value is MISSING else text(value)


def number(value: str) -> float:
    """Return `Number(value)` of a text: NaN where it is none; whole numbers as exact ints."""
    stripped = value.strip(_SPACE)
    if not stripped:
        return 0
    if _RADIX.fullmatch(stripped):
        return int(stripped, 0)
    if stripped.lstrip("+-") == "Infinity" and len(stripped) <= len("+Infinity"):
        return -math.inf if stripped[0] == "-" else math.inf
    if not _DECIMAL.fullmatch(stripped):
        return math.nan
    try:
        exact = int(stripped)
    except ValueError:
        return float(stripped)
    return exact if exact or stripped[0] != "-" else -0.0


def utf16_length(value: str) -> int:
    """Return `value.length`: the number of UTF-16 code units."""
    return len(value) + sum(char > "\uffff" for char in value)
