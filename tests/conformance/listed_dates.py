"""Which dates the policy lists (row D10), and which of them the reference does not take.

Read here without the kit's own patterns: white space is made one blank first, and what is left is
looked up in the list.
"""

from __future__ import annotations

import re

from destination_kit._javascript import trim

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
    r"\d{4}[-/]?(?:\d{1,2})?[-/]?\d{0,2}[T ]*(?:\d{1,2})?:?(?:\d{1,2})?:?(?:\d{1,2})?[.:]?\d*",
    rf"\d{{1,2}}/{_DAY}/\d{{4}}(?:(?:, ?| ){_CLOCK})?",
    rf"{_DAY_NAME}{_MONTH} {_DAY}(?: ?, ?| )\d{{4}}(?:(?:, ?| ){_CLOCK})?",
    rf"{_DAY_NAME}{_MONTH} {_DAY} {_AT}(?: (?:Z|{_OFFSET}|{_NAMED}))? \d{{4}}",
    rf"{_DAY_NAME}{_DAY}[ -]{_MONTH}(?: |(?<!\.)-)(?:\d{{4}}(?: {_CLOCK})?|\d\d {_CLOCK})",
    r"-?(?:0|[1-9]\d{0,12})(?:\.\d+)?",
)
_LISTED = re.compile("|".join(f"(?:{each})" for each in _DATES), re.ASCII | re.IGNORECASE)
_NO_YEAR = re.compile(r"0000|.*(?:[/ ]|[a-z]-)0000(?!\d)", re.IGNORECASE | re.DOTALL)
_NO_YEAR_OF_OURS = re.compile(  # what rolls over the ends of the years 1 to 9999
    r"(?!\d{1,13}(?:\.|\Z))9999[-/]?(?:1[3-9]|[2-9]\d|12[-/]?(?:3[2-9]|[4-9]\d))"
    r"|0001[-/]?(?:00|0?1[-/]?00)|-(?:6[3-9]|[7-9]\d)\d{9}(?!\d)"
)
_ODD_EPOCH = re.compile(r"-?(?:[1-9]\d{12}(?:\.\d+)?|\d{1,13}\.\d*0)", re.ASCII)


def is_listed(text: str) -> bool:
    """Return whether the policy lists a way to write dates that the text follows."""
    core = trim(text)
    plain = _BLANKS.sub(" ", core)
    is_odd = _NO_BLANK.search(core) or _NO_YEAR.match(plain) or _NO_YEAR_OF_OURS.match(plain)
    return _LISTED.fullmatch(plain) is not None and not is_odd


def is_taken_by_us_alone(text: str) -> bool:
    """Return whether a listed date is one that the reference does not take.

    These are milliseconds, numbers that JavaScript would write otherwise, and blanks around.
    """
    return is_listed(text) and (text != trim(text) or _ODD_EPOCH.fullmatch(text) is not None)
