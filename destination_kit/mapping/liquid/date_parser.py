"""What `new Date(text)` reads: ISO 8601 first, then whatever V8's older parser makes of the rest.

The older parser goes through numbers, words and signs. Words before the first number mean nothing,
three letters name a month, up to three numbers are a date, and those with colons a time. A date
that ISO 8601 has read stays read; a `T` behind it leaves no way back. Observed with Node 20 in UTC.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from destination_kit.mapping.liquid.calendar import clipped, days_until
from destination_kit.mapping.liquid.limits import Bounds

DIGITS: Final = 9  # of a number, those that count
PARTS: Final = 3  # numbers of a date
LARGEST: Final = (59, 59, 999)  # the largest minute, second and millisecond
_NOON: Final = 12
_MIDNIGHT: Final = 24
_TOKEN: Final = re.compile(
    r"(?P<number>[0-9]+)|(?P<mark>[-:+.)])|(?P<word>[^\x00-@\s\ufeff]+)|(?P<blank>[\s\ufeff]+)"
    r"|(?P<other>[\s\S])"
)
_PARENTHESIS: Final = re.compile("[()]")


class Token(NamedTuple):
    """A piece of the text; of a number its value and how many digits it has."""

    kind: str
    said: str
    number: int = 0


END: Final = Token("end", "")


@dataclass(slots=True)
class Reading:
    """What has been read of a date: its numbers, a month by name, a half of the day, an offset."""

    rest: Iterator[Token]
    tokens: list[Token] = field(default_factory=list)
    at: int = 0
    date: list[int] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    month: int | None = None
    noon: int | None = None
    sign: int = 0
    hours: int | None = None
    minutes: int | None = None
    is_iso: bool = False

    def peek(self, ahead: int = 0) -> Token:
        """Return a token without passing it, `END` behind the last one."""
        at = self.at + ahead
        while len(self.tokens) <= at:
            self.tokens.append(next(self.rest, END))
        return self.tokens[at]

    def next(self) -> Token:
        """Pass over a token and return it."""
        token = self.peek()
        self.at += 1
        return token

    def skip(self, mark: str) -> bool:
        """Pass over this mark if it is next; return whether it was."""
        found = self.peek().kind == "mark" and self.peek().said == mark
        self.at += found
        return found

    def fixed(self, digits: int, low: int, high: int) -> int | None:
        """Pass over a number of so many digits within the limits; None where there is none."""
        token = self.peek()
        fits = token.kind == "number" and len(token.said) == digits and low <= token.number <= high
        self.at += fits
        return token.number if fits else None

    def expects(self, number: int) -> bool:
        """Return whether the number can be the next part of a time that has begun."""
        return 0 < len(self.time) <= len(LARGEST) and number <= LARGEST[len(self.time) - 1]


def tokens_of(text: str, bounds: Bounds) -> Iterator[Token]:
    """Find the pieces of a text; what stands in parentheses is one that says nothing."""
    at = 0
    while at < len(text):
        bounds.slow(1)
        if text[at] == "(":
            at = _behind_parentheses(text, at, bounds)
            yield Token("other", "(")
            continue
        found = _TOKEN.match(text, at)
        kind, said = (found.lastgroup or "", found[0]) if found else ("other", text[at])
        number = int(said.lstrip("0")[:DIGITS] or "0") if kind == "number" else 0
        yield Token(kind, said.lower(), number)
        at += len(said)


def _behind_parentheses(text: str, at: int, bounds: Bounds) -> int:
    depth = 0
    for found in _PARENTHESIS.finditer(text, at):
        bounds.slow(1)
        depth += 1 if found[0] == "(" else -1
        if not depth:
            return found.end()
    return len(text)


def time_value(reading: Reading) -> float:
    """Put the parts together; NaN where one is out of its range."""
    date, time = _date_of(reading), _time_of(reading)
    if date is None or time is None:
        return math.nan
    year, month, day = date
    if abs(year) > 400_000:  # noqa: PLR2004 - beyond all that `clipped` takes
        return math.nan
    hour, minute, second, millisecond = time
    seconds = hour * 3600 + minute * 60 + second
    offset = reading.sign * ((reading.hours or 0) * 3600 + (reading.minutes or 0) * 60)
    days = days_until(year, month, day)
    return clipped((days * 86_400 + seconds - offset) * 1000 + millisecond)


def _date_of(reading: Reading) -> tuple[int, int, int] | None:
    if not reading.date:
        return None
    one, two, three = (*reading.date, 1, 1)[:PARTS]
    has_day = 1 <= one <= 31  # noqa: PLR2004 - the days of a month
    if reading.month is not None:
        year, month, day = (two, reading.month, one) if has_day else (one, reading.month, two)
    elif reading.is_iso or not has_day:
        year, month, day = one, two, three
    else:
        year, month, day = three, one, two
    if not reading.is_iso and 0 <= year <= 99:  # noqa: PLR2004 - years of two digits
        year += 2000 if year <= 49 else 1900  # noqa: PLR2004
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None  # noqa: PLR2004


def _time_of(reading: Reading) -> tuple[int, int, int, int] | None:
    hour, minute, second, millisecond = (*reading.time, 0, 0, 0, 0)[:4]
    if reading.noon is not None:
        if hour > _NOON:
            return None
        hour = hour % _NOON + reading.noon
    is_midnight = hour == _MIDNIGHT and not (minute or second or millisecond)
    fits = all(a <= b for a, b in zip((minute, second, millisecond), LARGEST, strict=True))
    return (
        (hour, minute, second, millisecond) if fits and (hour < _MIDNIGHT or is_midnight) else None
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
