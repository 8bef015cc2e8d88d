"""The ways in which people and programs write a moment for others to read, each as a pattern.

A blank in a pattern stands for any white space that JavaScript's dates may have. Every pattern but
`loose` names a moment of the calendar: what it finds must be in range, and `zone` may be anything
that `offset_of` knows.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache

from destination_kit._javascript import SPACE

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
        rf"{_YEAR}[-/]?(?P<month>\d{{1,2}})?[-/]?(?P<day>\d{{0,2}})[Tt{SPACE}]*(?P<hour>\d{{1,2}})?"
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


_BLANKS = re.sub("[\u2028\u2029]", "", SPACE)
_BLANK = re.compile(r" (\?)?")
_SIZE = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)
