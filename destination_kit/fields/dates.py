"""Reading the many ways in which people and programs write a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from destination_kit import _javascript
from destination_kit.fields import date_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from destination_kit._json import Json

Parts: TypeAlias = "Mapping[str, str | None]"

USUAL = re.compile(
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
    if isinstance(value, str) and USUAL.fullmatch(value):
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
        if _javascript.number_text(number) == text:
            return None
    for pattern in date_texts.strict():
        if found := pattern.fullmatch(text):
            parts = found.groupdict()
            return _moment(parts) if _is_in_range(parts) else None
    found = date_texts.loose().fullmatch(text)
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
    month = date_texts.MONTHS.index(name.lower()) if name else int(parts.get("month") or 1) - 1
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
        - date_texts.offset_of(parts.get("zone") or "")
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
