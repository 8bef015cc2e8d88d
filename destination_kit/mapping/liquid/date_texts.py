"""What `new Date(text)` reads: ISO 8601 first, then whatever V8's older parser makes of the rest.

The older parser goes through numbers, words and signs. Words before the first number mean nothing,
three letters name a month, up to three numbers are a date, and those with colons a time. A date
that ISO 8601 has read stays read; a `T` behind it leaves no way back. Observed with Node 20 in UTC.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from destination_kit.mapping.liquid.bounds import Bounds
from destination_kit.mapping.liquid.date_tokens import (
    DIGITS,
    END,
    LARGEST,
    PARTS,
    Reading,
    Token,
    time_value,
    tokens_of,
)

_WHOLE: Final = re.compile(
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?(?:Z|[-+][0-9]{2}:[0-5][0-9])"
)
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_HALVES: Final[Mapping[str, int]] = {"am": 0, "pm": 12}
_ZONES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("z", "ut", "utc", "gmt"), 0),
    "edt": -4,
    **dict.fromkeys(("est", "cdt"), -5),
    **dict.fromkeys(("cst", "mdt"), -6),
    **dict.fromkeys(("mst", "pdt"), -7),
    "pst": -8,
}
_MIDNIGHT: Final = 24


def parse_date(text: str, bounds: Bounds) -> float:
    """Return the time value of a text in milliseconds, NaN where it has none."""
    if _WHOLE.fullmatch(text):  # the usual way to write a moment, read at once
        try:
            return float(round(datetime.fromisoformat(text).timestamp() * 1000))
        except ValueError:  # the 30th of February, or hour 24
            pass
    reading = Reading(tokens_of(text, bounds))
    if not _read_iso(reading):
        return math.nan
    while reading.peek() is not END:
        if not _read_older(reading, reading.next()):
            return math.nan
    return time_value(reading)


def _read_iso(reading: Reading) -> bool:
    """Read as far as ISO 8601 goes; False where it has to go on, behind a `T`, and does not."""
    if not _iso_date(reading):
        return True
    has_time = reading.peek() == Token("word", "t")
    if has_time:
        reading.next()
        if not _iso_time(reading) or not _iso_zone(reading):
            return False
    reading.is_iso = reading.peek() is END
    return reading.is_iso or not has_time


def _iso_date(reading: Reading) -> bool:
    sign, year = reading.peek(), reading.peek(1)
    if sign.said in ("+", "-") and year.kind == "number" and len(year.said) == 6:  # noqa: PLR2004
        reading.at += 2
        if sign.said == "-" and not year.number:
            return False
        reading.date.append(-year.number if sign.said == "-" else year.number)
    elif (short := reading.fixed(4, 0, 9999)) is not None:
        reading.date.append(short)
    else:
        return False
    for most in (12, 31):
        if not reading.skip("-"):
            break
        if (part := reading.fixed(2, 1, most)) is None:
            return False
        reading.date.append(part)
    return True


def _iso_time(reading: Reading) -> bool:
    if (hour := reading.fixed(2, 0, _MIDNIGHT)) is None:
        return False
    reading.time.append(hour)
    most = 0 if hour == _MIDNIGHT else 59
    for optional in (False, True):
        if not reading.skip(":"):
            return optional
        if (part := reading.fixed(2, 0, most)) is None:
            return False
        reading.time.append(part)
    if reading.skip("."):
        fraction = reading.peek()
        if fraction.kind != "number" or (hour == _MIDNIGHT and fraction.number):
            return False
        reading.time.append(_milliseconds(reading.next()))
    return True


def _iso_zone(reading: Reading) -> bool:
    token = reading.peek()
    if token == Token("word", "z"):
        reading.next()
        reading.sign, reading.hours, reading.minutes = 1, 0, 0
    elif token.said in ("+", "-"):
        reading.next()
        reading.sign = -1 if token.said == "-" else 1
        together = reading.peek()
        if together.kind == "number" and len(together.said) == 4:  # noqa: PLR2004
            hours, minutes = divmod(together.number, 100)
            if hours >= _MIDNIGHT or minutes > LARGEST[0]:
                return False
            reading.next()
            reading.hours, reading.minutes = hours, minutes
            return True
        reading.hours = reading.fixed(2, 0, 23)
        if reading.hours is None or not reading.skip(":"):
            return False
        reading.minutes = reading.fixed(2, 0, 59)
        return reading.minutes is not None
    return True


def _milliseconds(token: Token) -> int:
    digits = min(len(token.said), DIGITS)
    return token.number * int(f"1{'0' * (3 - digits)}") // int(f"1{'0' * (digits - 3)}")


def _read_older(reading: Reading, token: Token) -> bool:
    """Read one token as the older parser does; False where it refuses the text."""
    has_number = bool(reading.date or reading.time or reading.sign)
    if token.kind == "number":
        return _older_number(reading, token.number)
    if token.kind == "word":
        return _older_word(reading, token.said, has_number=has_number)
    is_sign = token.said in ("+", "-") and token.kind == "mark"
    is_utc = reading.hours == 0 and reading.minutes == 0
    if is_sign and (is_utc or reading.time):
        return _older_offset(reading, token)
    return not ((is_sign or token == Token("mark", ")")) and has_number)


def _older_number(reading: Reading, number: int) -> bool:
    if reading.skip(":"):
        return _before_colon(reading, number)
    if reading.skip(".") and reading.expects(number):
        reading.time.append(number)
        if reading.peek().kind != "number":
            return False
        _end_time(reading, _milliseconds(reading.next()))
    elif reading.hours is not None and reading.minutes is None and number <= LARGEST[0]:
        reading.minutes = number
    elif reading.expects(number):
        _end_time(reading, number)
        after = reading.peek()
        return after.kind in ("end", "blank") or after.said in ("z", "+", "-")
    else:
        if len(reading.date) == PARTS:
            return False
        reading.date.append(number)
        reading.skip("-")
    return True


def _before_colon(reading: Reading, number: int) -> bool:
    if reading.skip(":"):
        if reading.time:
            return False
        reading.time += [number, 0]
        return True
    if len(reading.time) > len(LARGEST):
        return False
    reading.time.append(number)
    reading.skip(".")
    return True


def _end_time(reading: Reading, number: int) -> None:
    reading.time.append(number)
    reading.time += [0] * (len(LARGEST) + 1 - len(reading.time))


def _older_word(reading: Reading, said: str, *, has_number: bool) -> bool:
    if said in _HALVES and reading.time:
        reading.noon = _HALVES[said]
    elif said[:3] in _MONTHS:
        reading.month = _MONTHS.index(said[:3]) + 1
        reading.skip("-")
    elif said in _ZONES and has_number:
        reading.sign, reading.hours, reading.minutes = _zone_parts(_ZONES[said])
    else:
        return not has_number and reading.peek().kind != "number"
    return True


def _zone_parts(hours: int) -> tuple[int, int, int]:
    return (-1 if hours < 0 else 1), abs(hours), 0


def _older_offset(reading: Reading, sign: Token) -> bool:
    reading.sign = -1 if sign.said == "-" else 1
    digits = reading.next() if reading.peek().kind == "number" else Token("number", "")
    if reading.peek() == Token("mark", ":"):
        reading.hours, reading.minutes = digits.number, None
    elif len(digits.said) in (1, 2):
        reading.hours, reading.minutes = digits.number, 0
    elif len(digits.said) in (3, 4):
        reading.hours, reading.minutes = divmod(digits.number, 100)
    else:
        return False
    return True
