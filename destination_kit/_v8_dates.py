"""Parser of date texts: the result of `new Date(text)` in V8, the engine of Node.

V8 reads ISO 8601 first, then passes what it cannot read to its older, forgiving parser (`Parse`
and `ParseES5DateTime` in V8's src/date/dateparser-inl.h). There, words before the first number mean
nothing. Three letters name a month, up to three numbers are a date, and numbers with colons a time.
The older parser keeps a date that ISO 8601 has read, and refuses the text if a `T` follows that
date. Everything here was observed with Node 20 in UTC.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

from destination_kit._calendar import clip_time, count_days

SpendStep: TypeAlias = Callable[[], None]
"""Called once for each token and parenthesis of a text; raises where the caller has had enough."""

# `ReadUnsignedNumeral` in V8's src/date/dateparser.h ignores all digits behind the ninth.
_MAX_DIGITS: Final = 9
_MAX_DATE_NUMBERS: Final = 3
_MAX_MINUTE_SECOND_MILLISECOND: Final = (59, 59, 999)
_NOON: Final = 12
_MIDNIGHT: Final = 24
_TOKEN: Final = re.compile(
    r"(?P<number>[0-9]+)|(?P<mark>[-:+.)])|(?P<word>[^\x00-@\s\ufeff]+)|(?P<blank>[\s\ufeff]+)"
    r"|(?P<other>[\s\S])"
)
_PARENTHESIS: Final = re.compile("[()]")
# JavaScript's `toISOString` writes this form. `datetime` reads it in about 1 µs, the parser below
# in about 28 µs.
_USUAL_FORM: Final = re.compile(
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?(?:Z|[-+][0-9]{2}:[0-5][0-9])"
)
_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_HALF_DAYS: Final[Mapping[str, int]] = {"am": 0, "pm": 12}
_ZONE_HOURS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("z", "ut", "utc", "gmt"), 0),
    "edt": -4,
    **dict.fromkeys(("est", "cdt"), -5),
    **dict.fromkeys(("cst", "mdt"), -6),
    **dict.fromkeys(("mst", "pdt"), -7),
    "pst": -8,
}


class DateToken(NamedTuple):
    """Token of a date text."""

    #: "number", "mark", "word", "blank", "other" or "end".
    kind: str
    #: The text in lower case.
    text: str
    #: The value of a number.
    number: int = 0


_END: Final = DateToken("end", "")


@dataclass(slots=True)
class DateParser:
    """State of the parser: its position among the tokens, and the parts of the date so far."""

    #: The tokens behind those that are peeked at.
    unread: Iterator[DateToken]
    #: The tokens up to the last one that was peeked at.
    tokens: list[DateToken] = field(default_factory=list)
    #: The index of the next token.
    position: int = 0
    #: Up to three numbers of the date, in the order of the text.
    date: list[int] = field(default_factory=list)
    #: Hour, minute, second and millisecond.
    time: list[int] = field(default_factory=list)
    #: A month by its name, 1 to 12.
    month: int | None = None
    #: 0 for AM, 12 for PM.
    half_day: int | None = None
    #: The sign of the zone's offset, 0 without a zone.
    offset_sign: int = 0
    #: The hours of the offset, without its sign.
    offset_hours: int | None = None
    #: The minutes of the offset; None while they may still follow.
    offset_minutes: int | None = None
    #: Whether ISO 8601 has read the whole text.
    is_iso: bool = False

    def peek(self, ahead: int = 0) -> DateToken:
        """Return a token without consuming it, `_END` behind the last one."""
        index = self.position + ahead
        while len(self.tokens) <= index:
            self.tokens.append(next(self.unread, _END))
        return self.tokens[index]

    def next(self) -> DateToken:
        """Consume a token and return it."""
        token = self.peek()
        self.position += 1
        return token

    def skip(self, mark: str) -> bool:
        """Consume a mark if it is next. Return whether it was."""
        is_next = self.peek().kind == "mark" and self.peek().text == mark
        self.position += is_next
        return is_next

    def read_fixed_number(self, digits: int, low: int, high: int) -> int | None:
        """Consume a number with this count of digits and in this range, and return it, else None."""
        token = self.peek()
        fits = token.kind == "number" and len(token.text) == digits and low <= token.number <= high
        self.position += fits
        return token.number if fits else None

    def is_expecting(self, number: int) -> bool:
        """Return whether a number can be the next part of a started time (`TimeComposer` of V8)."""
        largest = _MAX_MINUTE_SECOND_MILLISECOND
        return 0 < len(self.time) <= len(largest) and number <= largest[len(self.time) - 1]


def parse_date(text: str, spend_step: SpendStep) -> float:
    """Return the time value of a text in milliseconds, NaN if it is no date."""
    if _USUAL_FORM.fullmatch(text):
        try:
            return float(round(datetime.fromisoformat(text).timestamp() * 1000))
        # V8 allows February 30 (`DayComposer::IsDay`) and the hour 24, which `datetime` refuses. So
        # the parser decides.
        except ValueError:
            pass
    parser = DateParser(_tokenize(text, spend_step))
    if not _parse_iso(parser):
        return math.nan
    while parser.peek() is not _END:
        if not _parse_legacy_token(parser, parser.next()):
            return math.nan
    return _to_time_value(parser)


def _tokenize(text: str, spend_step: SpendStep) -> Iterator[DateToken]:
    """Yield the tokens of a text. Everything in parentheses is one token without a meaning."""
    position = 0
    while position < len(text):
        spend_step()
        if text[position] == "(":
            position = _find_parentheses_end(text, position, spend_step)
            yield DateToken("other", "(")
            continue
        match = _TOKEN.match(text, position)
        kind, part = (match.lastgroup or "", match[0]) if match else ("other", text[position])
        number = int(part.lstrip("0")[:_MAX_DIGITS] or "0") if kind == "number" else 0
        yield DateToken(kind, part.lower(), number)
        position += len(part)


def _find_parentheses_end(text: str, position: int, spend_step: SpendStep) -> int:
    depth = 0
    for parenthesis in _PARENTHESIS.finditer(text, position):
        spend_step()
        depth += 1 if parenthesis[0] == "(" else -1
        if not depth:
            return parenthesis.end()
    return len(text)


def _to_time_value(parser: DateParser) -> float:
    """Return the time value of the parts, NaN if one is out of its range."""
    date, time = _complete_date(parser), _complete_time(parser)
    if date is None or time is None:
        return math.nan
    year, month, day = date
    if abs(year) > 400_000:  # noqa: PLR2004 - time values end in 275760, and nine digits of offset hours move about 114,000 years
        return math.nan
    hour, minute, second, millisecond = time
    seconds = hour * 3600 + minute * 60 + second
    offset = (parser.offset_hours or 0) * 3600 + (parser.offset_minutes or 0) * 60
    days = count_days(year, month, day)
    seconds += days * 86_400 - parser.offset_sign * offset
    return clip_time(seconds * 1000 + millisecond)


def _complete_date(parser: DateParser) -> tuple[int, int, int] | None:
    """Return year, month and day (`DayComposer::Write` of V8), None if they are no date."""
    if not parser.date:
        return None
    first, second, third = (*parser.date, 1, 1)[:_MAX_DATE_NUMBERS]
    is_day = 1 <= first <= 31  # noqa: PLR2004 - V8 takes a first number up to 31 for a day
    if parser.month is not None:
        year, month, day = (
            (second, parser.month, first) if is_day else (first, parser.month, second)
        )
    elif parser.is_iso or not is_day:
        year, month, day = first, second, third
    else:
        year, month, day = third, first, second
    if not parser.is_iso and 0 <= year <= 99:  # noqa: PLR2004 - V8 completes years of two digits
        year += 2000 if year <= 49 else 1900  # noqa: PLR2004 - V8 reads 49 as 2049 and 50 as 1950
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None  # noqa: PLR2004 - `IsDay` of V8 accepts 31 days in every month


def _complete_time(parser: DateParser) -> tuple[int, int, int, int] | None:
    """Return hour to millisecond (`TimeComposer::Write` of V8), None if they are no time of day."""
    hour, minute, second, millisecond = (*parser.time, 0, 0, 0, 0)[:4]
    if parser.half_day is not None:
        if hour > _NOON:
            return None
        hour = hour % _NOON + parser.half_day
    is_midnight = hour == _MIDNIGHT and not (minute or second or millisecond)
    parts = (minute, second, millisecond)
    fits = all(a <= b for a, b in zip(parts, _MAX_MINUTE_SECOND_MILLISECOND, strict=True))
    return (hour, *parts) if fits and (hour < _MIDNIGHT or is_midnight) else None


def _parse_iso(parser: DateParser) -> bool:
    """Parse as much as is ISO 8601. Return False if a `T` demands more of it that does not come."""
    if not _parse_iso_date(parser):
        return True
    has_time = parser.peek() == DateToken("word", "t")
    if has_time:
        parser.next()
        if not _parse_iso_time(parser) or not _parse_iso_zone(parser):
            return False
    parser.is_iso = parser.peek() is _END
    return parser.is_iso or not has_time


def _parse_iso_date(parser: DateParser) -> bool:
    sign, year = parser.peek(), parser.peek(1)
    if sign.text in ("+", "-") and year.kind == "number" and len(year.text) == 6:  # noqa: PLR2004 - ECMA-262 gives expanded years six digits
        parser.position += 2
        if sign.text == "-" and not year.number:
            return False  # ECMA-262 forbids the year -000000, because 0 has no sign
        parser.date.append(-year.number if sign.text == "-" else year.number)
    elif (short_year := parser.read_fixed_number(4, 0, 9999)) is not None:
        parser.date.append(short_year)
    else:
        return False
    for highest in (12, 31):
        if not parser.skip("-"):
            break
        if (number := parser.read_fixed_number(2, 1, highest)) is None:
            return False
        parser.date.append(number)
    return True


def _parse_iso_time(parser: DateParser) -> bool:
    if (hour := parser.read_fixed_number(2, 0, _MIDNIGHT)) is None:
        return False
    parser.time.append(hour)
    highest = 0 if hour == _MIDNIGHT else 59
    for is_optional in (False, True):
        if not parser.skip(":"):
            return is_optional
        if (number := parser.read_fixed_number(2, 0, highest)) is None:
            return False
        parser.time.append(number)
    if parser.skip("."):
        fraction = parser.peek()
        if fraction.kind != "number" or (hour == _MIDNIGHT and fraction.number):
            return False
        parser.time.append(_to_milliseconds(parser.next()))
    return True


def _parse_iso_zone(parser: DateParser) -> bool:
    zone = parser.peek()
    if zone == DateToken("word", "z"):
        parser.next()
        parser.offset_sign, parser.offset_hours, parser.offset_minutes = 1, 0, 0
    elif zone.text in ("+", "-"):
        parser.next()
        parser.offset_sign = -1 if zone.text == "-" else 1
        return _parse_iso_offset(parser)
    return True


def _parse_iso_offset(parser: DateParser) -> bool:
    digits = parser.peek()
    if digits.kind == "number" and len(digits.text) == 4:  # noqa: PLR2004 - V8 also reads an offset without a colon
        hours, minutes = divmod(digits.number, 100)
        if hours >= _MIDNIGHT or minutes > _MAX_MINUTE_SECOND_MILLISECOND[0]:
            return False
        parser.next()
        parser.offset_hours, parser.offset_minutes = hours, minutes
        return True
    parser.offset_hours = parser.read_fixed_number(2, 0, 23)
    if parser.offset_hours is None or not parser.skip(":"):
        return False
    parser.offset_minutes = parser.read_fixed_number(2, 0, 59)
    return parser.offset_minutes is not None


def _to_milliseconds(fraction: DateToken) -> int:
    """Return a fraction of a second in milliseconds (`ReadMilliseconds` of V8)."""
    digits = min(len(fraction.text), _MAX_DIGITS)
    return fraction.number * int(f"1{'0' * (3 - digits)}") // int(f"1{'0' * (digits - 3)}")


def _parse_legacy_token(parser: DateParser, token: DateToken) -> bool:
    """Parse one token as V8's older parser does. Return False if it refuses the text."""
    has_number = bool(parser.date or parser.time or parser.offset_sign)
    if token.kind == "number":
        return _parse_legacy_number(parser, token.number)
    if token.kind == "word":
        return _parse_legacy_word(parser, token.text, has_number=has_number)
    is_sign = token.text in ("+", "-") and token.kind == "mark"
    is_utc = parser.offset_hours == 0 and parser.offset_minutes == 0
    if is_sign and (is_utc or parser.time):
        return _parse_legacy_offset(parser, token)
    return not ((is_sign or token == DateToken("mark", ")")) and has_number)


def _parse_legacy_number(parser: DateParser, number: int) -> bool:
    if parser.skip(":"):
        return _add_number_before_colon(parser, number)
    if parser.skip(".") and parser.is_expecting(number):
        parser.time.append(number)
        if parser.peek().kind != "number":
            return False
        _end_time(parser, _to_milliseconds(parser.next()))
    elif parser.offset_hours is not None and parser.offset_minutes is None and number <= 59:  # noqa: PLR2004 - V8 takes a number up to 59 for the minutes of the offset
        parser.offset_minutes = number
    elif parser.is_expecting(number):
        _end_time(parser, number)
        following = parser.peek()
        return following.kind in ("end", "blank") or following.text in ("z", "+", "-")
    else:
        if len(parser.date) == _MAX_DATE_NUMBERS:
            return False
        parser.date.append(number)
        parser.skip("-")
    return True


def _add_number_before_colon(parser: DateParser, number: int) -> bool:
    if parser.skip(":"):
        if parser.time:
            return False
        parser.time += [number, 0]
        return True
    if len(parser.time) > len(_MAX_MINUTE_SECOND_MILLISECOND):
        return False
    parser.time.append(number)
    parser.skip(".")
    return True


def _end_time(parser: DateParser, number: int) -> None:
    """Add the last number of a time, and 0 for what is missing, so that no further one is expected."""
    parser.time.append(number)
    parser.time += [0] * (len(_MAX_MINUTE_SECOND_MILLISECOND) + 1 - len(parser.time))


def _parse_legacy_word(parser: DateParser, word: str, *, has_number: bool) -> bool:
    if word in _HALF_DAYS and parser.time:
        parser.half_day = _HALF_DAYS[word]
    elif word[:3] in _MONTHS:
        parser.month = _MONTHS.index(word[:3]) + 1
        parser.skip("-")
    elif word in _ZONE_HOURS and has_number:
        hours = _ZONE_HOURS[word]
        parser.offset_sign = -1 if hours < 0 else 1
        parser.offset_hours, parser.offset_minutes = abs(hours), 0
    else:
        return not has_number and parser.peek().kind != "number"
    return True


def _parse_legacy_offset(parser: DateParser, sign: DateToken) -> bool:
    parser.offset_sign = -1 if sign.text == "-" else 1
    digits = parser.next() if parser.peek().kind == "number" else DateToken("number", "")
    if parser.peek() == DateToken("mark", ":"):
        parser.offset_hours, parser.offset_minutes = digits.number, None
    elif len(digits.text) in (1, 2):
        parser.offset_hours, parser.offset_minutes = digits.number, 0
    elif len(digits.text) in (3, 4):
        parser.offset_hours, parser.offset_minutes = divmod(digits.number, 100)
    else:
        return False
    return True
