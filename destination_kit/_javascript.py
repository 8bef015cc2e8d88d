"""JavaScript's semantics of JSON values: the operations of ECMA-262 that show in payloads.

Payloads, triggers and templates must mean what they mean to the reference, which is JavaScript.
Each docstring names the abstract operation that it follows (https://tc39.es/ecma262/). One
difference is chosen (D1 in `docs/differences.md`): Python ints keep digits that a double loses.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Final, NoReturn, overload

from destination_kit._json import MISSING
from destination_kit._python_values import JSON_TYPES, NotJsonError, is_decimal, to_json
from destination_kit._surrogates import to_surrogate_pairs, utf16_length

if TYPE_CHECKING:
    from decimal import Decimal

    from destination_kit._json import Json, Missing, Value

PROTOTYPE_KEY: Final = "__proto__"
"""A key that no payload has: to assign it in JavaScript sets the object's prototype instead."""

WHITE_SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""WhiteSpace and LineTerminator: the characters of `\\s` in a pattern, and those of `trim`."""

# Number::toString writes no exponent if -6 < n <= 21, where n is the position of the decimal point
# (https://tc39.es/ecma262/#sec-numeric-types-number-tostring).
_MIN_POINT = -5
_MAX_POINT = 21
# A number of JSON has 25 characters, of BigInt perhaps a hundred. A text of 1 MB is none.
_MAX_DIGITS = 10_000
# Characters whose code units are written at once, to find one of them.
_FEW = 100
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_TYPE_NAMES = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}


def number_to_string(number: float) -> str:
    """Return Number::toString: no `.0`, exponents from 1e21 up and below 1e-6.

    A Python int of any size keeps all its digits.
    """
    if isinstance(number, int):
        return str(number)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    # Zero has no significant digits, so the code below would write it as empty text.
    # Number::toString writes -0 without its sign.
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    # repr() finds the same shortest digits as Number::toString. But it writes an exponent from 1e16
    # up and below 1e-4, and pads it to two digits.
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return sign + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    """Return 0.DIGITS times ten to the power of `point`, as Number::toString writes it."""
    if len(digits) <= point <= _MAX_POINT:
        return digits.ljust(point, "0")
    if 0 < point <= _MAX_POINT:
        return f"{digits[:point]}.{digits[point:]}"
    if _MIN_POINT <= point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if digits[1:] else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def _decimal_to_string(number: Decimal) -> str:
    """Return Number::toString of a number with more digits than a double holds."""
    sign, digits, exponent = number.as_tuple()
    written = "".join(map(str, digits))
    point = len(written) + int(exponent)
    return ("-" if sign else "") + _place_point(written.rstrip("0"), point)


def to_string(value: Value) -> str:
    """Return ToString, as `String(value)` does: `[1, null]` is "1,", `{}` is "[object Object]"."""
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
    if isinstance(value, list):
        return ",".join(_join_item(member) for member in value)
    converted = to_json(value)
    return _decimal_to_string(converted) if is_decimal(converted) else to_string(converted)


def _join_item(value: Value) -> str:
    # Array.prototype.join writes null and undefined as empty text. `String(null)` would write
    # "null".
    return "" if value is None or value is MISSING else to_string(value)


def trim(value: str) -> str:
    """Return TrimString(value, start+end), as `value.trim()` does."""
    return value.strip(WHITE_SPACE)


def string_to_number(value: str) -> float:
    """Return StringToNumber, as `Number(value)` of a text does: NaN if it is no number.

    A whole number is an exact int, or infinite if no double can hold it.
    """
    stripped = trim(value)
    if not stripped:
        return 0
    if len(stripped) > _MAX_DIGITS:
        return math.nan
    if _RADIX.fullmatch(stripped):
        return _int_or_infinity(int(stripped, 0))
    if stripped.lstrip("+-") == "Infinity" and len(stripped) <= len("+Infinity"):
        return -math.inf if stripped[0] == "-" else math.inf
    # float() also reads underscores, digits outside ASCII, "nan" and "inf". `Number(value)` gives
    # NaN for all of these.
    if not _DECIMAL.fullmatch(stripped):
        return math.nan
    return _whole_number(stripped) if stripped.lstrip("+-").isdigit() else float(stripped)


def type_name(value: Value) -> str:
    """Return `typeof value`, but "null" for null and "array" for an array."""
    if name := _TYPE_NAMES.get(type(value)):
        return name
    if value is MISSING:
        return "undefined"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list | tuple):
        return "array"
    return _type_name_of_python(value)


def _type_name_of_python(value: object) -> str:
    # A message or a choice needs the name. The value itself is refused where it is used.
    try:
        converted = to_json(value)
    except NotJsonError:
        return "object"
    return "number" if is_decimal(converted) else type_name(converted)


def to_boolean(value: Value) -> bool:
    """Return ToBoolean: unlike in Python, empty containers are true and NaN is false."""
    if isinstance(value, float) and math.isnan(value):
        return False
    # Some objects, such as arrays of NumPy, have no truth value in Python.
    is_true = type(value) in JSON_TYPES and bool(value)
    return is_true or type_name(value) in ("array", "object") or bool(to_json(value))


def is_loosely_equal_to_empty(value: Json) -> bool:
    """Return IsLooselyEqual(value, ""), as `value == ""` does.

    True for "", false, 0 and arrays such as `[[]]`; false for null, `[0]` and `{}`.
    """
    value = to_json(value)
    if isinstance(value, int | float):
        return value == 0
    # The text of two items has a comma. To make the text of 480,000 takes 150 ms.
    if isinstance(value, list) and len(value) > 1:
        return False
    return not to_string(value)


def to_number(value: Value) -> float:
    """Return ToNumber, as `Number(value)` does."""
    if isinstance(value, bool) or value is None:
        return int(bool(value))
    if isinstance(value, int | float):
        return value
    return math.nan if value is MISSING else string_to_number(to_string(value))


@overload
def stringify_json(value: Json) -> str: ...
@overload
def stringify_json(value: Missing) -> None: ...
@overload
def stringify_json(value: Value) -> str | None: ...
def stringify_json(value: Value) -> str | None:
    """Return SerializeJSONProperty, as `JSON.stringify(value)` does: None for `undefined`.

    Keys keep their order, and lone surrogates stay as they are; `copy_payload` replaces them.
    """
    try:
        text: str = _encode(value)
    except ValueError:  # `undefined`, or a number that is not finite
        return _serialize(value)
    # `json` takes an eighth of the time of `_serialize`. A search finds the numbers that only Python
    # writes so, or a text that looks like one.
    if _find_whole(text) or _find_small(text) or _find_large(text):
        return _serialize(value)
    return text


def _convert_for_json(value: object) -> object:
    converted = to_json(value)
    if converted is MISSING or is_decimal(converted):
        raise ValueError  # `json` cannot leave a member out, or write a number's own digits
    return dict(converted) if isinstance(converted, Mapping) else converted


_encode = json.JSONEncoder(
    ensure_ascii=False,
    separators=(",", ":"),
    allow_nan=False,
    check_circular=False,
    default=_convert_for_json,
).encode
# Number::toString writes 20.0 as 20, 1e-07 as 1e-7 and 1e+16 with all digits. One pattern for all
# three would have no literal start, which makes a search ten times slower.
_NUMBER_END = r"(?:[,}\]]|\Z)"
_find_whole = re.compile(rf"\.0{_NUMBER_END}").search
_find_small = re.compile(rf"e-0\d{_NUMBER_END}").search
_find_large = re.compile(rf"e\+(?:1\d|20){_NUMBER_END}").search


def _serialize(value: Value) -> str | None:
    if value is MISSING:
        return None
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, float):
        return number_to_string(value) if math.isfinite(value) else "null"
    if value is None or isinstance(value, int):
        return to_string(value)
    if isinstance(value, Mapping):
        texts = ((key, _serialize(member)) for key, member in value.items())
        members = (f"{_quote_key(key)}:{text}" for key, text in texts if text is not None)
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(_serialize(member) or 'null' for member in value)}]"
    converted = to_json(value)
    return to_string(converted) if is_decimal(converted) else _serialize(converted)


def _quote_key(key: object) -> str:
    # A destination's own object may have numbers as keys, which `json` turns into text too.
    return encode_basestring(key if isinstance(key, str) else to_string(to_json(key)))


def parse_json(source: str) -> Json:
    """Return `JSON.parse(source)`; raise a `ValueError` for a text that is no strict JSON.

    A whole number is an exact int, or infinite if no double can hold it.
    """
    parsed: Json = json.loads(source, parse_int=_whole_number, parse_constant=_refuse_constant)
    return parsed


def _whole_number(digits: str) -> float:
    try:
        exact = int(digits)
    # int() refuses more than 4,300 digits. They may be leading zeros, so float() decides whether
    # the number is infinite.
    except ValueError:
        return float(digits)
    return _int_or_infinity(exact) if exact or digits[0] != "-" else -0.0


def _int_or_infinity(exact: int) -> float:
    try:
        float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf
    return exact


def _refuse_constant(name: str) -> NoReturn:
    # `json.loads` accepts NaN, Infinity and -Infinity; `JSON.parse` does not.
    raise ValueError(f"{name} is not JSON")


def code_unit_at(value: str, index: int) -> str | None:
    """Return StringGetOwnProperty, as `value[index]` does; None beyond the end.

    The code unit may be half of a surrogate pair.
    """
    value = value[: index + 1]
    while len(value) > _FEW:
        # To write a whole text as units takes ten times as long as to count them.
        first_half = value[: len(value) // 2]
        units_before = utf16_length(first_half)
        if index < units_before:
            value = first_half
        else:
            value, index = value[len(first_half) :], index - units_before
    units = to_surrogate_pairs(value)
    return units[index] if index < len(units) else None


def code_units(value: str) -> list[str]:
    """Return every UTF-16 code unit of a text; a supplementary character has two."""
    return list(to_surrogate_pairs(value))
