"""Reading the many ways in which people and programs write a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from destination_kit import _javascript
from destination_kit._javascript import WHITE_SPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from destination_kit._json import Json


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_WEST = {"est": 5, "edt": 4, "cst": 6, "cdt": 5, "mst": 7, "mdt": 6, "pst": 8, "pdt": 7}  # RFC 2822
_HOURS = r"(?:[01]\d|2[0-3])"
_OFFSET = rf"[+-]{_HOURS}(?::?[0-5]\d)?"
_ZONE = rf"(?P<zone>Z|(?:UTC?|GMT)(?:{_OFFSET})?|{'|'.join(_WEST)}|\+0000 UTC|{_OFFSET})"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?"
_COMMENT = r"\((?:[^()]|\([^()]*\))*\)"
_ZONED = rf"(?: |(?<=\d)(?=[Z+-])){_ZONE}(?: ?{_COMMENT})*"
_TIME = rf"{_CLOCK}(?: (?P<half>[ap]m))?(?:{_ZONED}|(?: {_COMMENT})+)?"
_MONTH = rf"(?P<name>{'|'.join(MONTHS)})[a-z]*\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*(?: ?, ?| ))?"
_YEAR, _DAY = r"(?P<year>\d{4})", r"(?P<day>\d{1,2})"
_DAY_AND_MONTH = rf"{_WEEKDAY}{_DAY}(?: |-){_MONTH}(?: |(?<!\.)-)"
_STRICT = (
    # ISO 8601 and RFC 3339; a date alone with a zone; what databases and logs write, which is
    # loose again where nothing follows the time
    rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)T(?=\d\d:){_CLOCK}(?P<zone>Z|[+-]{_HOURS}:?[0-5]\d)",
    rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d) ?(?P<zone>Z)",
    rf"{_YEAR}(?P<mark>[-/])(?P<month>\d\d)(?P=mark)(?P<day>\d\d) (?![\d:.]+\Z){_TIME}",
    # 1/15/2024, 10:30:00 AM
    rf"(?P<month>\d{{1,2}})/{_DAY}/{_YEAR}(?:(?:, ?| ){_TIME})?",
    # Mon Jan 15 2024 10:30:00 GMT+0000 (UTC), and the same with the year at the end
    rf"{_WEEKDAY}{_MONTH} {_DAY}(?: ?, ?| ){_YEAR}(?:(?:, ?| ){_TIME})?",
    rf"{_WEEKDAY}{_MONTH} {_DAY} {_CLOCK}(?: {_ZONE})? {_YEAR}",
    # RFC 2822, in which a year may have two digits
    rf"{_DAY_AND_MONTH}{_YEAR}(?: {_TIME})?",
    rf"{_DAY_AND_MONTH}(?P<year>\d\d) {_TIME}",
)


@cache
def strict() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of what is written with care, compiled when they are first needed."""
    return tuple(
        re.compile(_BLANK.sub(_any_blank, pattern), re.ASCII | re.IGNORECASE) for pattern in _STRICT
    )


@cache
def loose() -> re.Pattern[str]:
    """Return the pattern `YYYY-M-D h:m:s`, any part of which may be missing or too large."""
    return re.compile(
        rf"{_YEAR}[-/]?(?P<month>\d{{1,2}})?[-/]?(?P<day>\d{{0,2}})[Tt{WHITE_SPACE}]*(?P<hour>\d{{1,2}})?"
        r":?(?P<minute>\d{1,2})?:?(?P<second>\d{1,2})?[.:]?(?P<fraction>\d+)?",
        re.ASCII,
    )


def offset_of(zone: str) -> timedelta:
    """Return how far a zone's clocks are ahead of UTC."""
    if hours := _WEST.get(zone.lower()):
        return -timedelta(hours=hours)
    found = _SIZE.search(zone)
    if not found:
        return timedelta()
    sign, hours_text, minutes = found.groups()
    size = timedelta(hours=int(hours_text), minutes=int(minutes or 0))
    return size if sign == "+" else -size


def _any_blank(blank: re.Match[str]) -> str:
    return f"[{_BLANKS}]{'*' if blank[1] else '+'}"


_BLANKS = re.sub("[\u2028\u2029]", "", WHITE_SPACE)
_BLANK = re.compile(r" (\?)?")
_SIZE = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)


Parts: TypeAlias = "Mapping[str, str | None]"

UTC_TIMESTAMP = re.compile(
    r"[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z",
    re.ASCII,
)
"""What programs write as a rule; it always means a moment."""

_MILLISECONDS_FROM = 1e11  # a larger epoch would lie beyond the year 5138 in seconds
_LONGEST_EPOCH = 1e13  # text of more digits than milliseconds have; most is a date without marks
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_TEXT = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_BASIC = re.compile(r"(?P<year>\d{4})(?:(?P<month>0[1-9]|1[0-2])(?P<day>[0-2]\d|3[01]))?", re.ASCII)
_LIMITS = {"month": (1, 12), "day": (1, 31), "hour": (0, 24), "minute": (0, 59), "second": (0, 59)}
_NOON = 12
_NO_YEAR = "0000"
_OF_THIS_CENTURY = 50  # RFC 2822: so are years of two digits below it


def parse_date_like(value: Json) -> datetime | None:
    """Return the moment (UTC) that a value of format `date-like` means; None where it is none.

    Understood are ISO 8601, `YYYY-M-D h:m:s` with any part left out (what overflows rolls over, so
    the 30th of February is in March), `M/D/YYYY` and `Mon D, YYYY` with or without a time, RFC
    2822, what programs write for people (JavaScript's `Date`, C's `ctime`, databases), and an
    epoch as number or text: in seconds below 1e11, else in milliseconds, which as text have 13
    digits at most. Text without a zone is UTC.
    """
    if isinstance(value, str) and UTC_TIMESTAMP.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass  # the 30th of February, which is in March
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return _read(_javascript.trim(value)) if isinstance(value, str) else _from_epoch(value)
    except (OverflowError, ValueError):  # beyond the years 1 to 9999
        return None


def _from_epoch(number: float) -> datetime:
    if abs(number) >= _MILLISECONDS_FROM:
        return _EPOCH + timedelta(milliseconds=number)
    return _EPOCH + timedelta(seconds=number)


def _read(text: str) -> datetime | None:
    """Four or eight digits are ISO 8601's year or date, other numbers an epoch where they can.

    A number that is too large for one is nothing else, unless JavaScript would write it otherwise:
    the reference then takes it for a date without marks.
    """
    if found := _BASIC.fullmatch(text):
        return _moment(found.groupdict())
    if _EPOCH_TEXT.fullmatch(text):
        number = float(text)
        if abs(number) < _LONGEST_EPOCH:
            return _from_epoch(number)
        if _javascript.number_to_string(number) == text:
            return None
    for pattern in strict():
        if found := pattern.fullmatch(text):
            parts = found.groupdict()
            return _moment(parts) if _is_in_range(parts) else None
    found = loose().fullmatch(text)
    return _moment(found.groupdict()) if found else None


def _is_in_range(parts: Parts) -> bool:
    read = {name: int(parts.get(name) or low) for name, (low, _) in _LIMITS.items()}
    last = _NOON if parts.get("half") else _LIMITS["hour"][1]
    rest = int((parts.get("fraction") or "0")[:3]) or read["minute"] or read["second"]
    return (
        not (rest and read["hour"] == _LIMITS["hour"][1])
        and read["hour"] <= last
        and all(low <= read[name] <= high for name, (low, high) in _LIMITS.items())
    )


def _moment(parts: Parts) -> datetime:
    """Put the parts together, letting each roll over into the next larger one."""
    name = parts.get("name")
    month = MONTHS.index(name.lower()) if name else int(parts.get("month") or 1) - 1
    start = datetime(_year(parts) + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    fraction = (parts.get("fraction") or "").ljust(6, "0")[:6]
    return (
        start
        + timedelta(
            days=int(parts.get("day") or 1) - 1,
            hours=_hour(parts),
            minutes=int(parts.get("minute") or 0),
            seconds=int(parts.get("second") or 0),
            microseconds=int(fraction),
        )
        - offset_of(parts.get("zone") or "")
    )


def _year(parts: Parts) -> int:
    text = parts["year"] or ""
    year = int(text)
    if text == _NO_YEAR:
        raise ValueError("there is no year 0, and what says so means that no date is known")
    if len(text) == len(_NO_YEAR):
        return year
    return year + (2000 if year < _OF_THIS_CENTURY else 1900)


def _hour(parts: Parts) -> int:
    hour = int(parts.get("hour") or 0)
    half = (parts.get("half") or "").lower()
    return hour % _NOON + (_NOON if half == "pm" else 0) if half else hour
