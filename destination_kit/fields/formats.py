"""The formats of text, checked by us alone: no verdict depends on what else is installed.

Where a format's specification leaves room, the reference decides (ajv-formats 2, full mode): the
zone of a time may be missing, a URI is ASCII, a host name may end with a dot.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from destination_kit._javascript import WHITE_SPACE
from destination_kit.fields.dates import UTC_TIMESTAMP, parse_date_like

if TYPE_CHECKING:
    from destination_kit._json import Json


_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of draft-07; `$` is the end alone, and not before a last line's end."""
    return re.compile(_PIECE.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern))


_ESCAPE = "%[0-9a-f]{2}"
_PLAIN = r"a-z0-9\-._~!$&'()*+,;="


def _chars(more: str = "") -> str:
    return rf"(?:[{_PLAIN}{more}]|{_ESCAPE})"


_OCTET = r"(?:25[0-5]|2[0-4]\d|[01]?\d\d?)"
IPV4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"

_H16 = "[0-9a-f]{1,4}"
_LAST_32 = rf"(?:{_H16}:{_H16}|{IPV4})"


def _elided(before: int, after: str) -> str:
    """Return an address with `::` in it, and at most this many groups in front."""
    return rf"(?:(?:{_H16}:){{0,{before - 1}}}{_H16})?::{after}"


_IPV6 = "|".join(
    [
        rf"(?:{_H16}:){{6}}{_LAST_32}",
        rf"::(?:{_H16}:){{5}}{_LAST_32}",
        *(_elided(n, rf"(?:{_H16}:){{{5 - n}}}{_LAST_32}") for n in range(1, 6)),
        _elided(6, _H16),
        _elided(7, ""),
    ]
)


def _host(more: str) -> str:
    return rf"(?:\[(?:{_IPV6}|v[0-9a-f]+\.[{_PLAIN}:]+)\]|{_chars(more)}*)"


def _hierarchy(more: str) -> str:
    """Return the part between scheme and query; `more` are characters beyond the standard's."""
    segment = _chars(f":@{more}")
    authority = rf"(?:{_chars(':')}*@)?{_host(more)}(?::\d*)?"
    rest = rf"(?:/{segment}*)*"
    return rf"(?:/?/{authority}{rest}|/(?:{segment}+{rest})?|{segment}+{rest})"


def _tail(more: str) -> str:
    return rf"(?:\?{_chars(f':@/?{more}')}*)?(?:#{_chars(f':@/?{more}')}*)?"


_SCHEME = r"[a-z][a-z0-9+\-.]*:"
_QUOTE = '"'  # the reference lets it stand in references, not in URIs

URI = rf"{_SCHEME}{_hierarchy('')}{_tail('')}"
URI_REFERENCE = rf"(?:{_SCHEME})?{_hierarchy(_QUOTE)}?{_tail(_QUOTE)}"

_NAME = rf"(?:[a-z0-9_]|{_ESCAPE})+(?::[1-9][0-9]{{0,3}}|\*)?"
_EXPRESSION = rf"\{{[+#./;?&=,!@|]?{_NAME}(?:,{_NAME})*\}}"
URI_TEMPLATE = rf"""(?:[^\x00-\x20"'<>%\\^`{{|}}]|{_ESCAPE}|{_EXPRESSION})*"""

_WORD = r"a-z\u00a1-\uffff"
_SITE_LABEL = rf"(?:[0-9{_WORD}]+-)*[0-9{_WORD}]+"
_PRIVATE = (
    r"(?:10|127)(?:\.\d{1,3}){3}|(?:169\.254|192\.168)(?:\.\d{1,3}){2}"
    r"|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}"
)
_PUBLIC = (
    r"(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}"
    r"\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])"
)
_SITE = rf"(?:(?!{_PRIVATE}){_PUBLIC}|{_SITE_LABEL}(?:\.{_SITE_LABEL})*\.[{_WORD}]{{2,}})"
_VISIBLE = r"[^\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
WEB_URL = rf"(?:https?|ftp)://(?:{_VISIBLE}+@)?{_SITE}(?::\d{{2,5}})?(?:/{_VISIBLE}*)?"

POINTER_FRAGMENT = rf"#(?:/(?:[a-z0-9_\-.!$&'()*+,;:=@]|{_ESCAPE}|~[01])*)*"


Format: TypeAlias = "Callable[[Json], bool]"

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|[+-]\d\d(?::?\d\d)?)?", re.ASCII | re.IGNORECASE
)
_BETWEEN = re.compile(f"[Tt{WHITE_SPACE}]")
_LINE_END = re.compile("[\n\r\u2028\u2029]")
_FEBRUARY, _SHORT_MONTHS = 2, (4, 6, 9, 11)
_LEAP_SECOND = (23, 59, 60)

_HOST_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN_PART = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_STEP = r"(?:[^~/]|~[01])*"
_PERIOD = r"(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?"

# Python's own notation, which JavaScript refuses or reads as something else.
_ONLY_PYTHON = re.compile(r"\(\?[P>(#a-zA-Z-]|\\[AZ]|[*+?}]\+")
_INERT = re.compile(r"\\[^AZ]|\[(?:\\.|[^\\\]])*\]", re.DOTALL)
_NAMED_GROUP = re.compile(r"\(\?<(?=[A-Za-z_])")
_NAMED_REFERENCE = re.compile(r"\\k<(\w+)>")


def matching(pattern: str, flags: re.RegexFlag = re.ASCII | re.IGNORECASE) -> Format:
    """Return the format of all text that the whole pattern matches.

    The pattern is compiled when it is first used: a start of the command line pays for none.
    """
    compiled = cache(lambda: re.compile(pattern, flags))
    return lambda value: not isinstance(value, str) or compiled().fullmatch(value) is not None


def of_text(check: Callable[[str], bool]) -> Format:
    """Return the format that holds text to a check, and lets other values be."""
    return lambda value: not isinstance(value, str) or check(value)


def _is_date(text: str) -> bool:
    if not (found := _DATE.fullmatch(text)):
        return False
    year, month, day = map(int, found.groups())
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last = 28 + is_leap if month == _FEBRUARY else 31 - (month in _SHORT_MONTHS)
    return 1 <= month <= 12 and 1 <= day <= last  # noqa: PLR2004 - a year has twelve months


def _is_time(text: str) -> bool:
    if not (found := _TIME.fullmatch(text)):
        return False
    hour, minute, second = clock = tuple(map(int, found.groups()))
    return clock == _LEAP_SECOND or (hour < 24 and minute < 60 and second < 60)  # noqa: PLR2004 - as clocks go


def _is_date_time(text: str) -> bool:
    parts = _BETWEEN.split(text)
    return len(parts) == 2 and _is_date(parts[0]) and _is_time(parts[1])  # noqa: PLR2004 - a date and a time


def _is_ipv6(text: str) -> bool:
    from ipaddress import AddressValueError, IPv6Address

    try:
        return IPv6Address(text).scope_id is None
    except AddressValueError:
        return False


def is_regex(text: str) -> bool:
    """Accept what JavaScript and Python both understand, and in one way."""
    if _ONLY_PYTHON.search(_INERT.sub("x", text)):
        return False
    pattern = _NAMED_REFERENCE.sub(r"(?P=\1)", _NAMED_GROUP.sub("(?P<", text))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _is_base64(text: str) -> bool:
    """Accept text of which one line is base64: the reference looks at lines."""
    return any(_BASE64(line) for line in _LINE_END.split(text))


def _date_like() -> Format:
    # No call more than needed: most transactions have a date.
    is_usual = UTC_TIMESTAMP.fullmatch
    return lambda value: (
        not isinstance(value, str)
        or is_usual(value) is not None
        or parse_date_like(value) is not None
    )


def _anything(_: Json) -> bool:
    return True


def _is_whole(value: Json) -> bool:
    return not isinstance(value, int | float) or value % 1 == 0


def _is_int32(value: Json) -> bool:
    return not isinstance(value, int | float) or (value % 1 == 0 and -(2**31) <= value < 2**31)


_BASE64 = matching(r"(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?")

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "binary": _anything,
        "byte": of_text(_is_base64),
        "date": of_text(_is_date),
        "date-like": _date_like(),
        "date-time": of_text(_is_date_time),
        "double": _anything,
        "duration": matching(rf"P(?!\Z)(?:{_PERIOD}|(?:\d+W)?)", re.ASCII),
        "email": matching(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_DOMAIN_PART}\.)+{_DOMAIN_PART}"),
        "float": _anything,
        "hostname": matching(rf"(?=.{{1,253}}\.?\Z){_HOST_LABEL}(?:\.{_HOST_LABEL})*\.?"),
        "int32": _is_int32,
        "int64": _is_whole,
        "ipv4": matching(IPV4),
        "ipv6": of_text(_is_ipv6),
        "json-pointer": matching(rf"(?:/{_STEP})*"),
        "json-pointer-uri-fragment": matching(POINTER_FRAGMENT),
        "password": _anything,
        "regex": of_text(is_regex),
        "relative-json-pointer": matching(rf"(?:0|[1-9][0-9]*)(?:#|(?:/{_STEP})*)"),
        "text": _anything,
        "time": of_text(_is_time),
        "uri": matching(URI),
        "uri-reference": matching(URI_REFERENCE),
        "uri-template": matching(URI_TEMPLATE),
        "url": matching(WEB_URL),
        "uuid": matching(r"(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    }
)
"""Every format by name. A check lets values be that are not of the type it is about."""
