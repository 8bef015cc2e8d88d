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
    there = milliseconds + _shift(ZoneInfo(name), moment(milliseconds))
    return (_read_again(milliseconds) - _read_again(there)) / 60


def _shift(zone: ZoneInfo, then: Moment) -> float:
    """Return the milliseconds that a zone is ahead of UTC; far off in time, as in the last year."""
    year = min(max(then.year, 2), 9997)  # so that no zone leaves the years of Python
    day = then.day if year == then.year else min(then.day, 28)
    when = datetime(year, then.month, day, then.hour, then.minute, then.second, tzinfo=UTC)
    offset = when.astimezone(zone).utcoffset()
    return offset.total_seconds() * 1000 if offset is not None else 0


def _read_again(milliseconds: float) -> int:
    """Return the seconds that JavaScript reads from a moment as `toLocaleString` writes it.

    Its year comes without an era, and one of two digits is of the last century or this one.
    """
    then = moment(milliseconds)
    year = then.year if then.year > 0 else 1 - then.year
    if year <= 99:  # noqa: PLR2004 - years of two digits
        year += 2000 if year <= 49 else 1900  # noqa: PLR2004
    days = days_until(year, then.month, then.day)
    return days * 86_400 + then.hour * 3600 + then.minute * 60 + then.second


@cache
def _zones() -> dict[str, str]:
    """Return the names of all zones by their lower case: ECMA-402 compares them so."""
    return {name.lower(): name for name in available_timezones()}
