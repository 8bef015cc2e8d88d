"""The pieces that a date is read in, and how far its reading has come."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from destination_kit.mapping.liquid.bounds import Bounds
from destination_kit.mapping.liquid.moments import clipped, days_until

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
