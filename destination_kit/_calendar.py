"""Calendar of JavaScript's `Date`: time values, their date and time in UTC, offsets of time zones.

A time value is a number of milliseconds since 1970 (ECMA-262, "Time Values"). Its years go from
-271821 to 275760, those of Python's `datetime` from 1 to 9999.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

# ECMA-262 ends time values 100,000,000 days before and after 1970
# (https://tc39.es/ecma262/#sec-time-values-and-time-range).
MAX_TIME_VALUE = 8.64e15
_MILLISECONDS_A_DAY = 86_400_000
_FEBRUARY = 2
# `datetime` holds only the years 1 to 9999. The Gregorian calendar repeats after 400 years, so a
# year from 2000 to 2399 stands for any other.
_YEARS_A_CYCLE = 400
_DAYS_A_CYCLE = 146_097


class DateTime(NamedTuple):
    """Date and time of a time value in UTC."""

    year: int
    #: 1 is January.
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int
    #: 0 is Sunday.
    weekday: int
    #: 1 is the first of January.
    yearday: int


def clip_time(milliseconds: float) -> float:
    """Return a time value as a whole number (ECMAScript's TimeClip), NaN if it is out of range."""
    if not abs(milliseconds) <= MAX_TIME_VALUE:
        return math.nan
    return float(math.trunc(milliseconds))


def to_date_time(milliseconds: float) -> DateTime:
    """Return the date and time of a time value."""
    days, rest = divmod(int(milliseconds), _MILLISECONDS_A_DAY)
    year, month, day = _to_date(days)
    hour, rest = divmod(rest, 3_600_000)
    minute, rest = divmod(rest, 60_000)
    second, millisecond = divmod(rest, 1000)
    yearday = days - count_days(year, 1, 1) + 1
    if year == 0 and month > _FEBRUARY:
        yearday -= 1  # `isLeapYear` of liquidjs says false for the year 0, which has a February 29
    weekday = (days + 4) % 7
    return DateTime(year, month, day, hour, minute, second, millisecond, weekday, yearday)


def count_days(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date (ECMAScript's MakeDay). The day may exceed its month."""
    cycles, year_of_cycle = divmod(year - 2000, _YEARS_A_CYCLE)
    first_of_month = datetime(2000 + year_of_cycle, month, 1, tzinfo=UTC).toordinal()
    return cycles * _DAYS_A_CYCLE + first_of_month - _DAY_1970 + day - 1


def _to_date(days: int) -> tuple[int, int, int]:
    cycles, day_of_cycle = divmod(days + _DAY_1970 - _DAY_2000, _DAYS_A_CYCLE)
    date = datetime.fromordinal(_DAY_2000 + day_of_cycle)
    return date.year + cycles * _YEARS_A_CYCLE, date.month, date.day


_DAY_1970 = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
_DAY_2000 = datetime(2000, 1, 1, tzinfo=UTC).toordinal()


def find_zone_offset(zone: str, milliseconds: float) -> float | None:
    """Return how many minutes a zone is behind UTC at a time value, None for an unknown zone.

    liquidjs's `LiquidDate.getTimezoneOffset` writes the date in both zones and parses both texts
    again. The results differ from the zone's offset where the texts lose the century or the era.
    """
    name = _zone_names().get(zone.lower())
    if name is None:
        return None
    local = milliseconds + _utc_offset(ZoneInfo(name), to_date_time(milliseconds))
    return (_reparse_locale_string(milliseconds) - _reparse_locale_string(local)) / 60


def _utc_offset(zone: ZoneInfo, date_time: DateTime) -> float:
    """Return how many milliseconds a zone is ahead of UTC.

    A year beyond those of `datetime` has the offset of the nearest year that `datetime` can hold.
    """
    # In the years 1 and 9999, the zone's date can lie in the year 0 or 10000, where `astimezone`
    # raises an OverflowError. The last rule of a zone has no end, so 9997 has the offsets of later
    # years.
    year = min(max(date_time.year, 2), 9997)
    day = date_time.day if year == date_time.year else min(date_time.day, 28)
    _, month, _, hour, minute, second, *_ = date_time
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    offset = moment.astimezone(zone).utcoffset()
    return offset.total_seconds() * 1000 if offset is not None else 0


def _reparse_locale_string(milliseconds: float) -> int:
    """Return the seconds that `new Date(date.toLocaleString('en-US'))` has.

    `toLocaleString` writes the year without its era, and `Date` reads one below 50 as 20xx and one
    below 100 as 19xx.
    """
    date_time = to_date_time(milliseconds)
    year = date_time.year if date_time.year > 0 else 1 - date_time.year
    if year <= 99:  # noqa: PLR2004 - V8 completes years of two digits (`DayComposer::Write`)
        year += 2000 if year <= 49 else 1900  # noqa: PLR2004 - V8 reads 49 as 2049 and 50 as 1950
    days = count_days(year, date_time.month, date_time.day)
    return days * 86_400 + date_time.hour * 3600 + date_time.minute * 60 + date_time.second


@cache
def _zone_names() -> dict[str, str]:
    """Return the names of all zones by their lower case, because ECMA-402 ignores case in them."""
    return {name.lower(): name for name in available_timezones()}
