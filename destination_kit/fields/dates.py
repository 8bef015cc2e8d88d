"""Reading the many ways in which people and programs write a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from destination_kit._json import Json

_MILLISECONDS_FROM = 1e11  # a larger epoch would lie beyond the year 5138 in seconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?"
_ZONE = r"(?P<zone>Z|GMT|UTC?|[+-]\d\d:?\d\d)"
_NO_ODD_ZONE = r"(?!\S+ [GU]|[-\d]{10} ?[+-])"  # no `T… GMT`, and no offset after a date alone
_NAME = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?"

_EPOCH_TEXT = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_BASIC = re.compile(r"(?P<year>\d{4})(?:(?P<month>0[1-9]|1[0-2])(?P<day>[0-2]\d|3[01]))?", re.ASCII)
_STRICT = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        rf"{_NO_ODD_ZONE}(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[T ]{_TIME})? ?{_ZONE}",
        rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}})(?:,? {_TIME})?",
        rf"{_WEEKDAY}{_NAME} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})(?:,? {_TIME}(?: {_ZONE})?)?",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}}) {_NAME} (?P<year>\d{{4}})(?: {_TIME}(?: ?{_ZONE})?)?",
    )
)
_LOOSE = re.compile(
    r"(?P<year>\d{4})[-/]?(?P<month>\d{1,2})?[-/]?(?P<day>\d{0,2})[Tt\s]*"
    r"(?P<hour>\d{1,2})?:?(?P<minute>\d{1,2})?:?(?P<second>\d{1,2})?[.:]?(?P<fraction>\d+)?",
    re.ASCII,
)
_LIMITS = {"month": (1, 12), "day": (1, 31), "hour": (0, 24), "minute": (0, 59), "second": (0, 59)}


def parse_date_like(value: Json) -> datetime | None:
    """Return the moment (UTC) that a value of format `date-like` means; None where it is none.

    Understood are ISO 8601, `YYYY-M-D h:m:s` with any part left out (what overflows rolls over, so
    the 30th of February is in March), `M/D/YYYY [h:m[:s]]`, `Mon D, YYYY`, RFC 2822, and an epoch
    as number or text: in seconds below 1e11, else in milliseconds. Text without a zone is UTC.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return _read(value.strip()) if isinstance(value, str) else _from_epoch(value)
    except (OverflowError, ValueError):  # beyond the years 1 to 9999
        return None


def _from_epoch(number: float) -> datetime:
    if abs(number) >= _MILLISECONDS_FROM:
        return _EPOCH + timedelta(milliseconds=number)
    return _EPOCH + timedelta(seconds=number)


def _read(text: str) -> datetime | None:
    """Four or eight digits are ISO 8601's year or date, other numbers an epoch where they can."""
    if found := _BASIC.fullmatch(text):
        return _moment(found.groupdict())
    if _EPOCH_TEXT.fullmatch(text):
        try:
            return _from_epoch(float(text))
        except OverflowError:
            pass
    for pattern in _STRICT:
        if found := pattern.fullmatch(text):
            parts = found.groupdict()
            return _moment(parts) if _is_in_range(parts) else None
    found = _LOOSE.fullmatch(text)
    return _moment(found.groupdict()) if found else None


def _is_in_range(parts: Mapping[str, str | None]) -> bool:
    read = {name: int(parts.get(name) or low) for name, (low, _) in _LIMITS.items()}
    is_past_midnight = read["hour"] == _LIMITS["hour"][1] and (read["minute"] or read["second"])
    return not is_past_midnight and all(
        low <= read[name] <= high for name, (low, high) in _LIMITS.items()
    )


def _moment(parts: Mapping[str, str | None]) -> datetime:
    """Put the parts together, letting each roll over into the next larger one."""
    name = parts.get("name")
    month = _MONTHS.index(name.lower()) if name else int(parts.get("month") or 1) - 1
    year = int(parts["year"] or 0) + month // 12
    start = datetime(year, month % 12 + 1, 1, tzinfo=UTC)
    fraction = (parts.get("fraction") or "").ljust(6, "0")[:6]
    return (
        start
        + timedelta(
            days=int(parts.get("day") or 1) - 1,
            hours=int(parts.get("hour") or 0),
            minutes=int(parts.get("minute") or 0),
            seconds=int(parts.get("second") or 0),
            microseconds=int(fraction),
        )
        - _offset(parts.get("zone") or "")
    )


def _offset(zone: str) -> timedelta:
    if zone[:1] not in ("+", "-"):
        return timedelta()
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return size if zone[0] == "+" else -size
