"""Which dates the policy lists (row D10), and which of them the reference does not take.

Read here without the kit's own patterns: white space is made one blank first, and what is left is
looked up in the list.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise

from destination_kit._javascript import trim

_LONGEST = 200  # characters
_BLANKS = re.compile(r"[\s\ufeff]+")
_NO_BLANK = re.compile(r"[\x1c-\x1f\x85\u2028\u2029]")  # to Python alone, or not in dates
_OFFSET = r"[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?"
_NAMED = rf"(?:(?:UTC?|GMT)(?:{_OFFSET})?|[ECMP][SD]T|\+0000 UTC)"
_NOTE = r"\((?:[^()]|\([^()]*\))*\)"
_AT = r"\d{1,2}:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_ZONED = rf"(?: ?(?:Z|{_OFFSET})| {_NAMED})"
_CLOCK = rf"{_AT}(?: [ap]m(?![+Z-]))?(?:{_ZONED}(?: ?{_NOTE})*|(?: {_NOTE})*)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY_NAME = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*(?: ?, ?| ))?"
_DATES = (
    rf"\d{{4}}-\d\d-\d\d(?:T{_AT}(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)| ?Z)",
    rf"\d{{4}}(?:-\d\d-|/\d\d/)\d\d {_CLOCK}",
    rf"\d{{1,2}}/{_DAY}/\d{{4}}(?:(?:, ?| ){_CLOCK})?",
    rf"{_DAY_NAME}{_MONTH} {_DAY}(?: ?, ?| )\d{{4}}(?:(?:, ?| ){_CLOCK})?",
    rf"{_DAY_NAME}{_MONTH} {_DAY} {_AT}(?: (?:Z|{_OFFSET}|{_NAMED}))? \d{{4}}",
    rf"{_DAY_NAME}{_DAY}[ -]{_MONTH}(?: |(?<!\.)-)(?:\d{{4}}(?: {_CLOCK})?|\d\d {_CLOCK})",
    r"-?(?:0|[1-9]\d{0,12})(?:\.\d+)?",
)
_LISTED = re.compile("|".join(f"(?:{each})" for each in _DATES), re.ASCII | re.IGNORECASE)
_LOOSE = re.compile(
    r"(\d{4})[-/]?(\d{1,2})?[-/]?(\d{0,2})[T ]*(\d{1,2})?:?(\d{1,2})?:?(\d{1,2})?[.:]?(\d*)",
    re.ASCII | re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?:19|20)\d\d(?!000)[0-3]\d\d(?<!36[7-9])(?<!3[7-9]\d)", re.ASCII)
_EPOCH_OF_YEAR_2 = -62_104_060_800
_NO_YEAR = re.compile(r"000[01]|(?!\d{4}).*(?:[/ ]|[a-z]-)000[01](?!\d)", re.IGNORECASE | re.DOTALL)
_NO_YEAR_OF_OURS = re.compile(  # what rolls over the ends of the years 2 to 9999
    r"(?!\d{1,13}(?:\.|\Z))9999[-/]?(?:1[3-9]|[2-9]\d|12[-/]?(?:3[2-9]|[4-9]\d))"
    r"|0002[-/]?(?:00?(?!\d)|0?1[-/]00?(?!\d))"
)
_ODD_EPOCH = re.compile(r"-?(?:[1-9]\d{12}(?:\.\d+)?|\d{1,13}\.\d*0)", re.ASCII)


def is_listed(text: str) -> bool:
    """Return whether the policy lists a way to write dates that the text follows."""
    if len(text) > _LONGEST:
        return False
    core = trim(text)
    plain = _BLANKS.sub(" ", core)
    is_odd = _NO_BLANK.search(core) or _NO_YEAR.match(plain) or _NO_YEAR_OF_OURS.match(plain)
    return not is_odd and (_is_notation(plain) or _is_loose_date(plain))


def _is_notation(plain: str) -> bool:
    if _ORDINAL.fullmatch(plain) or not _LISTED.fullmatch(plain):
        return False
    is_long_ago = plain.startswith("-") and -1e11 < float(plain) < _EPOCH_OF_YEAR_2
    return not is_long_ago


def _is_loose_date(plain: str) -> bool:
    """Return whether a text has the loose pattern, and digits that touch are a calendar date."""
    match = _LOOSE.fullmatch(plain)
    if not match or re.fullmatch(r"(?!0)\d{1,13}", plain):
        return False
    parts = [(index, text) for index, text in enumerate(match.groups()) if text]
    touching = {
        index
        for (first, _), (second, _) in pairwise(parts)
        if match.end(first + 1) == match.start(second + 1)
        for index in (first, second)
    }
    if any(len(text) != 2 for index, text in parts if index in touching - {0, 6}):
        return False
    return not touching or _is_moment(*match.groups())


def _is_moment(year: str, *others: str | None) -> bool:
    month, day, hour, minute, second, fraction = others
    clock = [int(text or 0) for text in (hour, minute, second)]
    is_midnight = clock == [24, 0, 0] and not (fraction or "").strip("0")
    try:
        date = int(year), int(month or 1), int(day or 1)
        datetime(*date, *([0, 0, 0] if is_midnight else clock), tzinfo=UTC)
    except ValueError:
        return False
    return True


def is_taken_by_us_alone(text: str) -> bool:
    """Return whether a listed date is one that the reference does not take.

    These are milliseconds, numbers that JavaScript would write otherwise, and blanks around.
    """
    return is_listed(text) and (text != trim(text) or _ODD_EPOCH.fullmatch(text) is not None)
