"""Filters that format dates: liquidjs's `date` and its `strftime`, in UTC unless a zone is named.

The reference runs with its process's zone; the oracle of the conformance tests pins UTC.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from destination_kit._calendar import (
    DateTime,
    clip_time,
    count_days,
    find_zone_offset,
    to_date_time,
)
from destination_kit._json import MISSING
from destination_kit._v8_dates import parse_date
from destination_kit.errors import ResolutionError
from destination_kit.mapping.liquid.context import Filter, take_arguments
from destination_kit.mapping.liquid.limits import MAX_TEXT_LENGTH, WorkLimiter
from destination_kit.mapping.liquid.utf16 import quote_for_message
from destination_kit.mapping.liquid.values import (
    LiquidValue,
    to_number,
    to_plain,
    to_string,
    to_text,
)

_DEFAULT_FORMAT: Final = "%A, %B %-e, %Y at %-l:%M %P %z"
# `.` in `rFormat` of liquidjs matches none of these four line ends, where `.` in Python excludes
# only one. `\d` in JavaScript matches only ASCII digits.
_FORMAT_CODE: Final = re.compile("%([-_0^#:]+)?([0-9]+)?([EO])?([^\n\r\u2028\u2029])")
_UNIX_SECONDS: Final = re.compile("[0-9]+")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_WIDTHS: Final = {**dict.fromkeys("deHIklmMSUW", 2), "j": 3, "L": 3}
_PADDED_WITH_SPACES: Final = frozenset("aAbBceklpP")
# int() refuses more than 4,300 digits. A width of ten digits exceeds MAX_TEXT_LENGTH in any case.
_MAX_WIDTH_DIGITS: Final = 9
_TEENS: Final = (11, 12, 13)
_ORDINAL_SUFFIXES: Final = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True, slots=True)
class _Date:
    """Date to format (liquidjs's `LiquidDate`)."""

    #: The time value of the local date and time, as if it were in UTC.
    milliseconds: float
    #: The local date and time.
    local: DateTime
    #: How many minutes the zone is behind UTC.
    offset: float
    #: The name of the zone, "" if the template gives an offset instead.
    zone: str


def _date(
    limiter: WorkLimiter, value: LiquidValue, date_format: LiquidValue, zone: LiquidValue
) -> LiquidValue:
    date = _to_date(value, zone, limiter)
    if date is None:
        return value
    date_format = to_plain(date_format)
    is_absent = date_format is None or date_format is MISSING
    return _format(date, _DEFAULT_FORMAT if is_absent else to_text(date_format, limiter), limiter)


def _to_date(value: LiquidValue, zone: LiquidValue, limiter: WorkLimiter) -> _Date | None:
    """Return the date of a value (liquidjs's `parseDate`), None if it is no date."""
    value = to_plain(value)
    if value is None or value is MISSING:
        return None
    milliseconds = clip_time(_to_time_value(value, limiter))
    if math.isnan(milliseconds):
        return None
    offset, zone_name = _find_zone(zone, milliseconds, limiter)
    local = clip_time(milliseconds - offset * 60_000)
    return None if math.isnan(local) else _Date(local, to_date_time(local), offset, zone_name)


def _to_time_value(value: LiquidValue, limiter: WorkLimiter) -> float:
    """Return milliseconds since 1970. A number, and a text of digits alone, are Unix seconds."""
    if isinstance(value, str):
        if value in ("now", "today"):
            return datetime.now(UTC).timestamp() * 1000
        limiter.reserve_text(len(value))
        is_unix_time = _UNIX_SECONDS.fullmatch(value)
        return to_number(value, limiter) * 1000 if is_unix_time else _parse_date(value, limiter)
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return to_number(value, limiter) * 1000
    return _parse_date(to_string(value, limiter), limiter)


def _parse_date(text: str, limiter: WorkLimiter) -> float:
    return parse_date(text, lambda: limiter.spend_per_character(1))


def _find_zone(zone: LiquidValue, milliseconds: float, limiter: WorkLimiter) -> tuple[float, str]:
    """Return the offset and the name of the zone that a template names, UTC if it names none."""
    if zone is None or zone is MISSING:
        return 0, "UTC"
    if not isinstance(zone, str):
        return to_number(zone, limiter), ""
    offset = find_zone_offset(zone, milliseconds)
    if offset is None:
        raise ResolutionError(
            f"there is no time zone {quote_for_message(zone)}: use one such as 'Europe/Berlin'"
        )
    return offset, zone


def _format(date: _Date, date_format: str, limiter: WorkLimiter) -> str:
    limiter.reserve_text(len(date_format))
    return _FORMAT_CODE.sub(lambda code: _format_code(date, code, limiter), date_format)


def _format_code(date: _Date, code: re.Match[str], limiter: WorkLimiter) -> str:
    """Return the text of one format code such as `%-d` (liquidjs's `format`)."""
    limiter.spend()
    flags, digits, _, conversion = code.groups(default="")
    convert = _CONVERSIONS.get(conversion)
    if convert is None:
        return code[0]
    width = 0 if "-" in flags else _read_width(digits, limiter) or _WIDTHS.get(conversion, 0)
    if conversion == "N":
        text = _format_fraction(date, _read_width(digits, limiter) or 9)
    else:
        text = convert(date) if conversion not in "zZ" else _format_zone(date, conversion, flags)
    if "^" in flags:
        text = text.upper()
    # `changeCase` of liquidjs looks for the letters a to z only. `str.islower` would count "é" too.
    elif "#" in flags:
        text = text.upper() if any("a" <= char <= "z" for char in text) else text.lower()
    fill = " " if conversion in _PADDED_WITH_SPACES else "0"
    fill = " " if "_" in flags else "0" if "0" in flags else fill
    return text.rjust(width, fill)


def _read_width(digits: str, limiter: WorkLimiter) -> int:
    width = MAX_TEXT_LENGTH + 1 if len(digits) > _MAX_WIDTH_DIGITS else int(digits or 0)
    limiter.reserve_text(width)
    return width


def _format_zone(date: _Date, conversion: str, flags: str) -> str:
    if conversion == "Z" and date.zone:
        return date.zone
    hours, minutes = divmod(abs(date.offset), 60)
    colon = ":" if ":" in flags else ""
    sign = "-" if date.offset > 0 else "+"
    return f"{sign}{_two_digits(int(hours))}{colon}{_format_minutes(minutes)}"


def _format_minutes(minutes: float) -> str:
    # A template may give an offset of 5.5 minutes. `padStart` of liquidjs then writes "5.5", where
    # int() alone would lose the half.
    return _two_digits(int(minutes)) if minutes == int(minutes) else str(minutes)


def _two_digits(value: int) -> str:
    return f"{value:02}"


def _format_fraction(date: _Date, width: int) -> str:
    return f"{date.local.millisecond:03}"[:width].ljust(width, "0")


def _format_week(date: _Date) -> str:
    """Return the week of the year (liquidjs's `getWeekOfYear`).

    The first day of the week, which tells `%U` from `%W` elsewhere, cancels out in its formula.
    """
    january_weekday = (count_days(_to_full_year(date.local.year), 1, 1) + 4) % 7
    return str((date.local.yearday - date.local.weekday + january_weekday) // 7)


def _to_full_year(year: int) -> int:
    """Return the year of `new Date(year, 0, 1)`, which takes 0 to 99 for 1900 to 1999."""
    return year + 1900 if 0 <= year <= 99 else year  # noqa: PLR2004 - MakeFullYear of ECMA-262 has this rule


def _ordinal_suffix(day: int) -> str:
    return "th" if day in _TEENS else _ORDINAL_SUFFIXES.get(day % 10, "th")


def _half_day_hour(hour: int) -> str:
    return str(hour % 12 or 12)


def _half_day(date: _Date) -> str:
    return "AM" if date.local.hour < 12 else "PM"  # noqa: PLR2004 - hours from 12 on are PM


def _format_time(date: _Date) -> str:
    """Return the time as `toLocaleTimeString` writes it in en-US."""
    hour, minute, second = date.local.hour, date.local.minute, date.local.second
    clock = f"{_half_day_hour(hour)}:{_two_digits(minute)}:{_two_digits(second)}"
    return f"{clock} {_half_day(date)}"


def _format_day(date: _Date) -> str:
    """Return the date as `toLocaleDateString` writes it in en-US, without the era of a year."""
    year = date.local.year if date.local.year > 0 else 1 - date.local.year
    return f"{date.local.month}/{date.local.day}/{year}"


_CONVERSIONS: Final[Mapping[str, Callable[[_Date], str]]] = {
    "a": lambda date: _DAYS[date.local.weekday][:3],
    "A": lambda date: _DAYS[date.local.weekday],
    "b": lambda date: _MONTHS[date.local.month - 1][:3],
    "B": lambda date: _MONTHS[date.local.month - 1],
    "c": lambda date: f"{_format_day(date)}, {_format_time(date)}",
    # `century` in liquidjs takes the first two characters, so the year 800 is in century 80 instead
    # of 8.
    "C": lambda date: str(int(str(date.local.year)[:2])),
    "d": lambda date: str(date.local.day),
    "e": lambda date: str(date.local.day),
    "h": lambda date: _MONTHS[date.local.month - 1][:3],
    "H": lambda date: str(date.local.hour),
    "I": lambda date: _half_day_hour(date.local.hour),
    "j": lambda date: str(date.local.yearday),
    "k": lambda date: str(date.local.hour),
    "l": lambda date: _half_day_hour(date.local.hour),
    "L": lambda date: str(date.local.millisecond),
    "m": lambda date: str(date.local.month),
    "M": lambda date: str(date.local.minute),
    "N": lambda date: _format_fraction(date, 9),
    "p": _half_day,
    "P": lambda date: _half_day(date).lower(),
    "q": lambda date: _ordinal_suffix(date.local.day),
    # `Math.round` rounds halves up, round() would round them to even. `getTime` of `LiquidDate` in
    # liquidjs is shifted by the offset of the zone, so `%s` is no Unix time.
    "s": lambda date: str(math.floor(date.milliseconds / 1000 + 0.5)),
    "S": lambda date: str(date.local.second),
    "u": lambda date: str(date.local.weekday or 7),
    "U": _format_week,
    "w": lambda date: str(date.local.weekday),
    "W": _format_week,
    "x": _format_day,
    "X": _format_time,
    "y": lambda date: str(date.local.year)[2:4],
    "Y": lambda date: str(date.local.year),
    # `_format_code` takes a code without an entry for plain text. It never calls these two, because
    # flags change what `z` and `Z` write.
    "z": lambda date: date.zone,
    "Z": lambda date: date.zone,
    "t": lambda _: "\t",
    "n": lambda _: "\n",
    "%": lambda _: "%",
}


def _create_format_filter(date_format: str) -> Filter:
    return lambda limiter, value, *_arguments: _date(limiter, value, date_format, MISSING)


def _create_text_filter(month: str) -> Filter:
    """Return the filter that writes day, month and year, with "ordinal" and "US" as options."""

    def write(
        limiter: WorkLimiter, value: LiquidValue, kind: LiquidValue, style: LiquidValue
    ) -> LiquidValue:
        date = _to_date(value, MISSING, limiter)
        if date is None:
            return value
        date_format = f"%d {month} %Y"
        if kind == "ordinal":
            day = date.local.day
            date_format = f"{month} {day}%q, %Y" if style == "US" else f"{day}%q {month} %Y"
        return _format(date, date_format, limiter)

    return take_arguments(2, write)


FILTERS: Final[Mapping[str, Filter]] = {
    "date": take_arguments(2, _date),
    "date_to_xmlschema": _create_format_filter("%Y-%m-%dT%H:%M:%S%:z"),
    "date_to_rfc822": _create_format_filter("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_string": _create_text_filter("%b"),
    "date_to_long_string": _create_text_filter("%B"),
}
