"""Moments as JavaScript has them: milliseconds since 1970, far beyond Python's years, all in UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

LARGEST = 8.64e15  # milliseconds from 1970: what JavaScript's Date can hold
_DAY = 86_400_000
_FEBRUARY = 2
_ERA = 400  # years after which the calendar repeats
_DAYS_OF_ERA = 146_097


class Moment(NamedTuple):
    """The parts of a moment; `weekday` 0 is Sunday, `yearday` counts from 1."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int
    weekday: int
    yearday: int


def clipped(milliseconds: float) -> float:
    """Return a time value, whole; NaN where JavaScript has no such moment."""
    if not abs(milliseconds) <= LARGEST:
        return math.nan
    return float(math.trunc(milliseconds))


def moment(milliseconds: float) -> Moment:
    """Return the parts of a time value."""
    days, rest = divmod(int(milliseconds), _DAY)
    year, month, day = _civil(days)
    hour, rest = divmod(rest, 3_600_000)
    minute, rest = divmod(rest, 60_000)
    second, millisecond = divmod(rest, 1000)
    yearday = days - days_until(year, 1, 1) + 1
    if year == 0 and month > _FEBRUARY:
        yearday -= 1  # liquidjs counts the year 0 without a leap day
    weekday = (days + 4) % 7
    return Moment(year, month, day, hour, minute, second, millisecond, weekday, yearday)


def days_until(year: int, month: int, day: int) -> int:
    """Return the days from 1970 to a date of the Gregorian calendar; a day may roll over."""
    eras, year_of_era = divmod(year - 2000, _ERA)
    start = datetime(2000 + year_of_era, month, 1, tzinfo=UTC).toordinal()
    return eras * _DAYS_OF_ERA + start - _EPOCH + day - 1


def _civil(days: int) -> tuple[int, int, int]:
    eras, day_of_era = divmod(days + _EPOCH - _YEAR_2000, _DAYS_OF_ERA)
    found = datetime.fromordinal(_YEAR_2000 + day_of_era)
    return found.year + eras * _ERA, found.month, found.day


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
_YEAR_2000 = datetime(2000, 1, 1, tzinfo=UTC).toordinal()


def offset_of(zone: str, milliseconds: float) -> float | None:
    """Return the minutes that a named zone is behind UTC at a moment; None for an unknown zone."""
    name = _zones().get(zone.lower())
    if name is None:
        return None
    then = moment(milliseconds)
    year = min(max(then.year, 1), 9998)
    when = datetime(
        year, then.month, min(then.day, 28) if year != then.year else then.day, tzinfo=UTC
    )
    when = when.replace(hour=then.hour, minute=then.minute, second=then.second)
    offset = when.astimezone(ZoneInfo(name)).utcoffset()
    return -offset.total_seconds() / 60 if offset is not None else None


@cache
def _zones() -> dict[str, str]:
    """Return the names of all zones by their lower case: ECMA-402 compares them so."""
    return {name.lower(): name for name in available_timezones()}
