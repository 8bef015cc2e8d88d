"""Parser of date texts and epochs: the format `date-like`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from destination_kit import _javascript
from destination_kit._javascript import WHITE_SPACE

if TYPE_CHECKING:
    from destination_kit._json import Json

Parts: TypeAlias = Mapping[str, str | None]
"""The named groups of a date pattern: year, month, name, day, hour, half, zone and so on."""

UTC_TIMESTAMP = re.compile(
    r"[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z",
    re.ASCII,
)
"""The notation that most programs write. It is always a date, if perhaps the 30th of February."""

#: Characters of the longest text that can be a date; comments and names of zones take the most.
MAX_LENGTH = 200
_MILLISECONDS_FROM = 1e11  # as seconds, 1e11 is in the year 5138; as milliseconds, in 1973
_LONGEST_EPOCH = 1e13  # from here on it has 14 digits, as the date 20240115103000 has
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_TEXT = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_BASIC = re.compile(r"(?P<year>\d{4})(?:(?P<month>0[1-9]|1[0-2])(?P<day>[0-2]\d|3[01]))?", re.ASCII)
_BASIC_ORDINAL = re.compile(
    r"(?:19|20)\d\d(?:00[1-9]|0[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])", re.ASCII
)
_RANGES = {"month": (1, 12), "day": (1, 31), "hour": (0, 24), "minute": (0, 59), "second": (0, 59)}
_NOON = 12
_LOOSE_PARTS = ("year", "month", "day", "hour", "minute", "second", "fraction")
_TWO_DIGITS = 2
_FIRST_YEAR = 2
_LIKELY_YEARS = range(1980, 2101)
_YEAR_LENGTH = 4
_THIS_CENTURY_BELOW = 50  # RFC 2822, section 4.3, adds 2000 to the years 00 to 49

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HOURS_BEHIND_UTC = {  # RFC 2822, section 4.3, defines no other names of regions
    "est": 5,
    "edt": 4,
    "cst": 6,
    "cdt": 5,
    "mst": 7,
    "mdt": 6,
    "pst": 8,
    "pdt": 7,
}
_OFFSET_PARTS = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)

# V8 skips any run of blanks between two parts (`SkipWhiteSpace` in src/date/dateparser.h). So ` `
# stands for a run of blanks, and ` ?` for a run that may be empty.
_BLANKS = re.sub("[\u2028\u2029]", "", WHITE_SPACE)
_BLANK = re.compile(r" (\?)?")
_HOUR = r"(?:[01]\d|2[0-3])"
_OFFSET = rf"[+-]{_HOUR}(?::?[0-5]\d)?"
_ZONE_NAMES = "|".join(_HOURS_BEHIND_UTC)
_ZONE = rf"(?P<zone>Z|(?:UTC?|GMT)(?:{_OFFSET})?|{_ZONE_NAMES}|\+0000 UTC|{_OFFSET})"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?"
_COMMENT = r"\((?:[^()]|\([^()]*\))*\)"
_ZONED = rf"(?: |(?<=\d)(?=[Z+-])){_ZONE}(?: ?{_COMMENT})*"
_TIME = rf"{_CLOCK}(?: (?P<half>[ap]m))?(?:{_ZONED}|(?: {_COMMENT})+)?"
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*(?: ?, ?| ))?"
_YEAR, _DAY = r"(?P<year>\d{4})", r"(?P<day>\d{1,2})"
_DAY_AND_MONTH = rf"{_WEEKDAY}{_DAY}(?: |-){_MONTH}(?: |(?<!\.)-)"
_STRICT_PATTERNS = (
    rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)T(?=\d\d:){_CLOCK}(?P<zone>Z|[+-]{_HOUR}:?[0-5]\d)",
    rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d) ?(?P<zone>Z)",
    # This pattern excludes a time without a zone. dayjs reads that by its own regex, where hours
    # overflow: 2024-01-15 25:00 is 01:00 on the next day.
    rf"{_YEAR}(?P<mark>[-/])(?P<month>\d\d)(?P=mark)(?P<day>\d\d) (?![\d:.]+\Z){_TIME}",
    # JavaScript's `toLocaleString("en-US")` writes 1/15/2024, 10:30:00 AM.
    rf"(?P<month>\d{{1,2}})/{_DAY}/{_YEAR}(?:(?:, ?| ){_TIME})?",
    # JavaScript's `Date.toString` writes Mon Jan 15 2024 10:30:00 GMT+0000 (UTC). C's `ctime` puts
    # the year at the end.
    rf"{_WEEKDAY}{_MONTH} {_DAY}(?: ?, ?| ){_YEAR}(?:(?:, ?| ){_TIME})?",
    rf"{_WEEKDAY}{_MONTH} {_DAY} {_CLOCK}(?: {_ZONE})? {_YEAR}",
    # RFC 2822 allows a year of two digits in its obsolete syntax (section 4.3).
    rf"{_DAY_AND_MONTH}{_YEAR}(?: {_TIME})?",
    rf"{_DAY_AND_MONTH}(?P<year>\d\d) {_TIME}",
)
# The reference gives dayjs no format. dayjs then reads a text by this pattern (`REGEX_PARSE` in
# dayjs/src/constant.js).
_LOOSE_PATTERN = (
    rf"{_YEAR}[-/]?(?P<month>\d{{1,2}})?[-/]?(?P<day>\d{{0,2}})[Tt{WHITE_SPACE}]*(?P<hour>\d{{1,2}})?"
    r":?(?P<minute>\d{1,2})?:?(?P<second>\d{1,2})?[.:]?(?P<fraction>\d+)?"
)


def parse_date_like(value: Json) -> datetime | None:
    """Return the moment (in UTC) that a value of format `date-like` means; None if it is none.

    A text without a zone is in UTC. These notations are read:

    * ISO 8601, and `YYYY-M-D h:m:s` with any part left out. What overflows rolls over, so the
      30th of February is in March, as in the reference. Parts that touch, as in 20240115T1030,
      have to be a calendar date.
    * `M/D/YYYY` and `Mon D, YYYY`, with or without a time.
    * RFC 2822, and what programs write for people: JavaScript's `Date`, C's `ctime`, databases.
    * An epoch as number or text: seconds below 1e11, else milliseconds. As text, milliseconds
      have 13 digits at most.
    """
    if isinstance(value, str) and UTC_TIMESTAMP.fullmatch(value[:MAX_LENGTH]):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass  # JavaScript reads 30 February as 1 March, and so does `_parse_text`
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and len(value) > MAX_LENGTH:
        return None
    try:
        moment = (
            _parse_text(_javascript.trim(value)) if isinstance(value, str) else _at_epoch(value)
        )
    except (OverflowError, ValueError):  # Python has dates from the year 1 to 9999 only
        return None
    # An epoch, an offset or a part that overflows can lead to the year 1 too.
    return moment if moment and moment.year >= _FIRST_YEAR else None


def find_doubtful_epoch(value: Json) -> datetime | None:
    """Return the moment of a number that is read as an epoch but lies before 1980 or after 2100.

    Such a number is mostly a day number of a spreadsheet (45306), or the digits of a date
    (20240115, 202401151030).
    """
    is_number = isinstance(value, int | float) or (
        isinstance(value, str)
        and len(value) <= MAX_LENGTH
        and _EPOCH_TEXT.fullmatch(value)
        and not _BASIC.fullmatch(value)
    )
    moment = parse_date_like(value) if is_number else None
    return moment if moment and moment.year not in _LIKELY_YEARS else None


def _parse_text(text: str) -> datetime | None:
    """Parse four or eight digits as a year or date, other numbers but ordinal dates as an epoch."""
    if match := _BASIC.fullmatch(text):
        return _combine(match.groupdict())
    if _BASIC_ORDINAL.fullmatch(text):
        return None
    if _EPOCH_TEXT.fullmatch(text):
        number = float(text)
        if abs(number) < _LONGEST_EPOCH:
            return _at_epoch(number)
        # The reference takes a number for an epoch only if JavaScript writes it the same way
        # (`date-like` in schema-validation.ts). Other digits are a date without separators.
        if _javascript.number_to_string(number) == text:
            return None
    return _parse_notation(text)


def _parse_notation(text: str) -> datetime | None:
    for pattern in _compile_strict_patterns():
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            return _combine(parts) if _is_in_range(parts) else None
    match = _compile_loose_pattern().fullmatch(text)
    return _combine(match.groupdict()) if match and _is_legible(match) else None


def _is_legible(match: re.Match[str]) -> bool:
    """Return whether parts without a separator between them are a calendar date.

    So the ordinal date 2024-046 (ISO 8601) is not read as the 6th of April, and an epoch of 19
    digits not as a date of the year 1705.
    """
    names = [name for name in _LOOSE_PARTS if match[name]]
    joined = [pair for pair in pairwise(names) if match.end(pair[0]) == match.start(pair[1])]
    if not joined:
        return True
    parts = match.groupdict()
    has_two_digits = all(
        len(match[name]) == _TWO_DIGITS for pair in joined for name in pair if name in _RANGES
    )
    return has_two_digits and _is_in_range(parts) and _is_calendar_date(parts)


def _is_calendar_date(parts: Parts) -> bool:
    try:
        return bool(date(*(int(parts[name] or 1) for name in ("year", "month", "day"))))
    except ValueError:
        return False


@cache
def _compile_strict_patterns() -> tuple[re.Pattern[str], ...]:
    # Most programs write UTC timestamps only, which need none of these patterns. At import they
    # would take 9 ms of every start.
    return tuple(
        re.compile(_BLANK.sub(_expand_blank, pattern), re.ASCII | re.IGNORECASE)
        for pattern in _STRICT_PATTERNS
    )


@cache
def _compile_loose_pattern() -> re.Pattern[str]:
    return re.compile(_LOOSE_PATTERN, re.ASCII)


def _expand_blank(blank: re.Match[str]) -> str:
    return f"[{_BLANKS}]{'*' if blank[1] else '+'}"


def _at_epoch(number: float) -> datetime:
    if abs(number) >= _MILLISECONDS_FROM:
        return _EPOCH + timedelta(milliseconds=number)
    return _EPOCH + timedelta(seconds=number)


def _is_in_range(parts: Parts) -> bool:
    numbers = {name: int(parts.get(name) or low) for name, (low, _) in _RANGES.items()}
    midnight = _RANGES["hour"][1]
    last_hour = _NOON if parts.get("half") else midnight
    # JavaScript accepts 24:00:00 as the end of a day, but refuses 24:00:01
    # (https://tc39.es/ecma262/#sec-date-time-string-format).
    is_past_hour = int((parts.get("fraction") or "0")[:3]) or numbers["minute"] or numbers["second"]
    return (
        not (is_past_hour and numbers["hour"] == midnight)
        and numbers["hour"] <= last_hour
        and all(low <= numbers[name] <= high for name, (low, high) in _RANGES.items())
    )


def _combine(parts: Parts) -> datetime:
    """Return the moment that the parts describe; a part that overflows rolls over."""
    name = parts.get("name")
    month = _MONTHS.index(name.lower()) if name else int(parts.get("month") or 1) - 1
    start = datetime(_read_year(parts) + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return (
        start
        + timedelta(
            days=int(parts.get("day") or 1) - 1,
            hours=_read_hour(parts),
            minutes=int(parts.get("minute") or 0),
            seconds=int(parts.get("second") or 0),
            microseconds=int(f"{parts.get('fraction') or '':0<6.6}"),
        )
        - _read_offset(parts.get("zone") or "")
    )


def _read_year(parts: Parts) -> int:
    text = parts["year"] or ""
    year = int(text)
    if len(text) == _YEAR_LENGTH:
        # MySQL stores an unknown date as 0000-00-00
        # (https://dev.mysql.com/doc/refman/8.0/en/date-and-time-types.html), Go and .NET as the
        # first moment of the year 1 (https://pkg.go.dev/time#Time.IsZero).
        if year < _FIRST_YEAR:
            raise ValueError("an unknown date")
        return year
    return year + (2000 if year < _THIS_CENTURY_BELOW else 1900)


def _read_hour(parts: Parts) -> int:
    hour = int(parts.get("hour") or 0)
    half = (parts.get("half") or "").lower()
    return hour % _NOON + (_NOON if half == "pm" else 0) if half else hour


def _read_offset(zone: str) -> timedelta:
    """Return how far a zone's clocks are ahead of UTC."""
    if hours := _HOURS_BEHIND_UTC.get(zone.lower()):
        return -timedelta(hours=hours)
    match = _OFFSET_PARTS.search(zone)
    if not match:
        return timedelta()
    sign, hours_text, minutes = match.groups()
    size = timedelta(hours=int(hours_text), minutes=int(minutes or 0))
    return size if sign == "+" else -size
