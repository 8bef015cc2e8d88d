"""Filters that write dates, in UTC unless a zone is named."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from destination_kit._json import MISSING
from destination_kit.mapping.liquid.calendar import Moment, clipped, days_until, moment, offset_of
from destination_kit.mapping.liquid.context import Filter
from destination_kit.mapping.liquid.date_parser import parse_date
from destination_kit.mapping.liquid.limits import LONGEST_TEXT, Bounds
from destination_kit.mapping.liquid.values import Draft, number, plain, string, text
from destination_kit.mapping.resolvers import ResolutionError

_FORMAT: Final = "%A, %B %-e, %Y at %-l:%M %P %z"
_CODE: Final = re.compile("%([-_0^#:]+)?([0-9]+)?([EO])?([^\n\r\u2028\u2029])")
_EPOCH_TEXT: Final = re.compile("[0-9]+")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_WIDTHS: Final = {**dict.fromkeys("deHIklmMSUW", 2), "j": 3, "L": 3}
_PADDED_WITH_BLANKS: Final = frozenset("aAbBceklpP")
_MOST_DIGITS: Final = 9  # of a width; Python reads no number of thousands of digits
_TEENS: Final = (11, 12, 13)
_ENDINGS: Final = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True, slots=True)
class _Date:
    """A moment, and the zone that it is shown in: `offset` in minutes behind UTC."""

    milliseconds: float
    at: Moment
    offset: float
    zone: str


def _date(
    bounds: Bounds, value: Draft, form: Draft = MISSING, zone: Draft = MISSING, *_more: Draft
) -> Draft:
    found = _parsed(value, zone, bounds)
    if found is None:
        return value
    form = plain(form)
    said = _FORMAT if form is None or form is MISSING else text(form, bounds)
    return _written(found, said, bounds)


def _parsed(value: Draft, zone: Draft, bounds: Bounds) -> _Date | None:
    """Return the date that a value means; None where it means none."""
    value = plain(value)
    if value is None or value is MISSING:
        return None
    milliseconds = clipped(_time_value(value, bounds))
    if math.isnan(milliseconds):
        return None
    offset, name = _zone(zone, milliseconds, bounds)
    shown = clipped(milliseconds - offset * 60_000)
    return None if math.isnan(shown) else _Date(shown, moment(shown), offset, name)


def _time_value(value: Draft, bounds: Bounds) -> float:
    if isinstance(value, str):
        if value in ("now", "today"):
            return datetime.now(UTC).timestamp() * 1000
        bounds.text(len(value))
        return (
            number(value, bounds) * 1000
            if _EPOCH_TEXT.fullmatch(value)
            else parse_date(value, bounds)
        )
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return number(value, bounds) * 1000
    return parse_date(string(value, bounds), bounds)


def _zone(zone: Draft, milliseconds: float, bounds: Bounds) -> tuple[float, str]:
    if zone is None or zone is MISSING:
        return 0, "UTC"
    if not isinstance(zone, str):
        return number(zone, bounds), ""
    offset = offset_of(zone, milliseconds)
    if offset is None:
        raise ResolutionError(f"there is no time zone {zone!r}")
    return offset, zone


def _written(date: _Date, form: str, bounds: Bounds) -> str:
    bounds.text(len(form))
    return _CODE.sub(lambda code: _part(date, code, bounds), form)


def _part(date: _Date, code: re.Match[str], bounds: Bounds) -> str:
    bounds.spend()
    flags, width, _, conversion = code.groups(default="")
    convert = _CONVERSIONS.get(conversion)
    if convert is None:
        return code[0]
    wanted = 0 if "-" in flags else _width(width, bounds) or _WIDTHS.get(conversion, 0)
    if conversion == "N":
        said = _fraction(date, _width(width, bounds) or 9)
    else:
        said = convert(date) if conversion not in "zZ" else _named_zone(date, conversion, flags)
    if "^" in flags:
        said = said.upper()
    elif "#" in flags:
        said = said.upper() if any("a" <= each <= "z" for each in said) else said.lower()
    fill = " " if conversion in _PADDED_WITH_BLANKS else "0"
    fill = " " if "_" in flags else "0" if "0" in flags else fill
    return said.rjust(wanted, fill)


def _width(digits: str, bounds: Bounds) -> int:
    width = LONGEST_TEXT + 1 if len(digits) > _MOST_DIGITS else int(digits or 0)
    bounds.text(width)
    return width


def _named_zone(date: _Date, conversion: str, flags: str) -> str:
    if conversion == "Z" and date.zone:
        return date.zone
    hours, minutes = divmod(abs(date.offset), 60)
    colon = ":" if ":" in flags else ""
    return f"{'-' if date.offset > 0 else '+'}{_two(int(hours))}{colon}{_padded(minutes)}"


def _padded(minutes: float) -> str:
    return _two(int(minutes)) if minutes == int(minutes) else str(minutes)


def _two(value: int) -> str:
    return f"{value:02}"


def _fraction(date: _Date, width: int) -> str:
    return f"{date.at.millisecond:03}"[:width].ljust(width, "0")


def _week(date: _Date, first: int) -> str:
    """Return the number of the week, which starts on Sunday (0) or Monday (1)."""
    now = date.at.yearday + first - date.at.weekday
    january = (days_until(_as_date_counts(date.at.year), 1, 1) + 4) % 7
    return str(math.floor((now - (7 - january + first)) / 7) + 1)


def _as_date_counts(year: int) -> int:
    """Return the year that `new Date(year, …)` means: up to 99 those of the last century."""
    return year + 1900 if 0 <= year <= 99 else year  # noqa: PLR2004 - years of two digits


def _ending(day: int) -> str:
    return "th" if day in _TEENS else _ENDINGS.get(day % 10, "th")


def _twelve(hour: int) -> str:
    return str(hour % 12 or 12)


def _clock(date: _Date) -> str:
    half = "AM" if date.at.hour < 12 else "PM"  # noqa: PLR2004 - noon
    return f"{_twelve(date.at.hour)}:{_two(date.at.minute)}:{_two(date.at.second)} {half}"


def _calendar(date: _Date) -> str:
    year = date.at.year if date.at.year > 0 else 1 - date.at.year  # the era is not written
    return f"{date.at.month}/{date.at.day}/{year}"


_CONVERSIONS: Final[Mapping[str, Callable[[_Date], str]]] = {
    "a": lambda date: _DAYS[date.at.weekday][:3],
    "A": lambda date: _DAYS[date.at.weekday],
    "b": lambda date: _MONTHS[date.at.month - 1][:3],
    "B": lambda date: _MONTHS[date.at.month - 1],
    "c": lambda date: f"{_calendar(date)}, {_clock(date)}",
    "C": lambda date: str(int(str(date.at.year)[:2])),
    "d": lambda date: str(date.at.day),
    "e": lambda date: str(date.at.day),
    "h": lambda date: _MONTHS[date.at.month - 1][:3],
    "H": lambda date: str(date.at.hour),
    "I": lambda date: _twelve(date.at.hour),
    "j": lambda date: str(date.at.yearday),
    "k": lambda date: str(date.at.hour),
    "l": lambda date: _twelve(date.at.hour),
    "L": lambda date: str(date.at.millisecond),
    "m": lambda date: str(date.at.month),
    "M": lambda date: str(date.at.minute),
    "N": lambda date: _fraction(date, 9),
    "p": lambda date: "AM" if date.at.hour < 12 else "PM",  # noqa: PLR2004 - noon
    "P": lambda date: "am" if date.at.hour < 12 else "pm",  # noqa: PLR2004 - noon
    "q": lambda date: _ending(date.at.day),
    "s": lambda date: str(math.floor(date.milliseconds / 1000 + 0.5)),
    "S": lambda date: str(date.at.second),
    "u": lambda date: str(date.at.weekday or 7),
    "U": lambda date: _week(date, 0),
    "w": lambda date: str(date.at.weekday),
    "W": lambda date: _week(date, 1),
    "x": _calendar,
    "X": _clock,
    "y": lambda date: str(date.at.year)[2:4],
    "Y": lambda date: str(date.at.year),
    "z": lambda date: date.zone,
    "Z": lambda date: date.zone,
    "t": lambda _: "\t",
    "n": lambda _: "\n",
    "%": lambda _: "%",
}


def _formatted(form: str) -> Filter:
    return lambda bounds, value, *_arguments: _date(bounds, value, form)


def _in_words(month: str) -> Filter:
    """Return the filter that writes day, month and year; "ordinal", and perhaps "US", asks for more."""

    def write(
        bounds: Bounds, value: Draft, kind: Draft = MISSING, style: Draft = MISSING, *_more: Draft
    ) -> Draft:
        found = _parsed(value, MISSING, bounds)
        if found is None:
            return value
        form = f"%d {month} %Y"
        if kind == "ordinal":
            day = found.at.day
            form = f"{month} {day}%q, %Y" if style == "US" else f"{day}%q {month} %Y"
        return _written(found, form, bounds)

    return write


FILTERS: Final[Mapping[str, Filter]] = {
    "date": _date,
    "date_to_xmlschema": _formatted("%Y-%m-%dT%H:%M:%S%:z"),
    "date_to_rfc822": _formatted("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_string": _in_words("%b"),
    "date_to_long_string": _in_words("%B"),
}
