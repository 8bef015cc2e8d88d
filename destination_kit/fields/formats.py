"""Formats of text, checked without optional libraries: every installation decides alike.

Where a specification leaves room, the reference decides (ajv-formats 2, full mode): the zone of a
time may be missing, a URI is ASCII, a host name may end with a dot. The long patterns below are
those of ajv-formats, put together from named parts:
https://github.com/ajv-validator/ajv-formats/blob/v2.1.1/src/formats.ts
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from destination_kit._javascript import WHITE_SPACE
from destination_kit._patterns import is_regex
from destination_kit.fields.dates import UTC_TIMESTAMP, parse_date_like

if TYPE_CHECKING:
    from destination_kit._json import Json

Format: TypeAlias = "Callable[[Json], bool]"
"""A value -> whether it has the format. Values of a type that the format is not about pass."""


# Each text has a length beyond which it has no format: twice what a specification allows, or what
# programs write. So no pattern and no parser sees 1 MB of an event (docs/differences.md).
_SHORT: Final = 100
_LONGEST_EMAIL: Final = 640  # RFC 5321, 4.5.3.1: 64 and 255 octets
_LONGEST_HOSTNAME: Final = 510  # RFC 1035, 2.3.4: 255 octets
_LONGEST_URI: Final = 65_536  # RFC 9110, 4.1, asks for 8,000 octets at least; a data URI has more
_LONGEST_REGEX: Final = 500  # to compile one of this length takes up to 50 ms


def _match(pattern: str, longest: int, flags: re.RegexFlag = re.ASCII | re.IGNORECASE) -> Format:
    """Return the format of texts of this length that the whole pattern matches."""
    # A schema uses few of the formats. To compile the patterns of all would add 20 ms to every
    # start.
    compiled = cache(lambda: re.compile(pattern, flags))
    return lambda value: (
        not isinstance(value, str)
        or (len(value) <= longest and compiled().fullmatch(value) is not None)
    )


def _check_text(is_valid: Callable[[str], bool], longest: int) -> Format:
    """Return the format of texts of this length that a predicate accepts."""
    return lambda value: not isinstance(value, str) or (len(value) <= longest and is_valid(value))


def _accept(_: Json) -> bool:
    return True


# The patterns let the zone be absent. ajv-formats means to refuse that, but compares it with "",
# where JavaScript has `undefined` (`time` in src/formats.ts).

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|[+-]\d\d(?::?\d\d)?)?", re.ASCII | re.IGNORECASE
)
_DATE_TIME_SEPARATOR = re.compile(f"[Tt{WHITE_SPACE}]")
_PERIOD = r"(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?"
_DURATION = rf"P(?!\Z)(?:{_PERIOD}|(?:\d+W)?)"
_FEBRUARY, _SHORT_MONTHS = 2, (4, 6, 9, 11)
_LEAP_SECOND = (23, 59, 60)


def _is_date(text: str) -> bool:
    if not (match := _DATE.fullmatch(text)):
        return False
    # `date.fromisoformat` refuses the year 0, which `date` in ajv-formats accepts.
    year, month, day = map(int, match.groups())
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last_day = 28 + is_leap if month == _FEBRUARY else 31 - (month in _SHORT_MONTHS)
    return 1 <= month <= 12 and 1 <= day <= last_day  # noqa: PLR2004 - a year has twelve months


def _is_time(text: str) -> bool:
    if not (match := _TIME.fullmatch(text)):
        return False
    hour, minute, second = clock = tuple(map(int, match.groups()))
    return clock == _LEAP_SECOND or (hour < 24 and minute < 60 and second < 60)  # noqa: PLR2004 - a day has 24 hours, an hour 60 minutes


def _is_date_time(text: str) -> bool:
    parts = _DATE_TIME_SEPARATOR.split(text)
    return len(parts) == 2 and _is_date(parts[0]) and _is_time(parts[1])  # noqa: PLR2004 - the date is one part, the time the other


def _date_like() -> Format:
    # `_check_text(parse_date_like)` would parse every date. A timestamp that fits the pattern is
    # always one, so the match is enough.
    is_utc_timestamp = UTC_TIMESTAMP.fullmatch
    return lambda value: (
        not isinstance(value, str)
        or is_utc_timestamp(value[:_SHORT]) is not None
        or parse_date_like(value) is not None
    )


# ajv-formats allows zeros before an octet, such as 01.2.3.4 (`ipv4` in src/formats.ts).

_OCTET = r"(?:25[0-5]|2[0-4]\d|[01]?\d\d?)"
_IPV4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_HOSTNAME_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"  # RFC 1035, 2.3.4: at most 63 octets
_HOSTNAME = rf"(?=.{{1,253}}\.?\Z){_HOSTNAME_LABEL}(?:\.{_HOSTNAME_LABEL})*\.?"
_EMAIL_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL_DOMAIN_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_EMAIL = rf"{_EMAIL_ATOM}(?:\.{_EMAIL_ATOM})*@(?:{_EMAIL_DOMAIN_LABEL}\.)+{_EMAIL_DOMAIN_LABEL}"


def _is_ipv6(text: str) -> bool:
    from ipaddress import AddressValueError, IPv6Address

    try:
        return IPv6Address(text).scope_id is None
    except AddressValueError:
        return False


# A URI can contain an IPv6 address (RFC 3986, section 3.2.2). `IPv6Address` cannot check a part of
# a text, so a pattern does.

_ESCAPE = "%[0-9a-f]{2}"
_UNESCAPED = r"a-z0-9\-._~!$&'()*+,;="
_GROUP = "[0-9a-f]{1,4}"
_LAST_TWO_GROUPS = rf"(?:{_GROUP}:{_GROUP}|{_IPV4})"


def _elided(before: int, after: str) -> str:
    """Return the pattern of an IPv6 address with `::`, and at most this many groups before it."""
    return rf"(?:(?:{_GROUP}:){{0,{before - 1}}}{_GROUP})?::{after}"


_IPV6 = "|".join(
    [
        rf"(?:{_GROUP}:){{6}}{_LAST_TWO_GROUPS}",
        rf"::(?:{_GROUP}:){{5}}{_LAST_TWO_GROUPS}",
        *(
            _elided(before, rf"(?:{_GROUP}:){{{5 - before}}}{_LAST_TWO_GROUPS}")
            for before in range(1, 6)
        ),
        _elided(6, _GROUP),
        _elided(7, ""),
    ]
)


def _character(more: str = "") -> str:
    return rf"(?:[{_UNESCAPED}{more}]|{_ESCAPE})"


def _hierarchy(more: str) -> str:
    """Return the pattern between scheme and query; `more` are characters beyond RFC 3986."""
    segment = _character(f":@{more}")
    host = rf"(?:\[(?:{_IPV6}|v[0-9a-f]+\.[{_UNESCAPED}:]+)\]|{_character(more)}*)"
    authority = rf"(?:{_character(':')}*@)?{host}(?::\d*)?"
    path = rf"(?:/{segment}*)*"
    return rf"(?:/?/{authority}{path}|/(?:{segment}+{path})?|{segment}+{path})"


def _query_and_fragment(more: str) -> str:
    character = _character(f":@/?{more}")
    return rf"(?:\?{character}*)?(?:#{character}*)?"


_SCHEME = r"[a-z][a-z0-9+\-.]*:"
_QUOTE = '"'  # `uri-reference` in ajv-formats accepts it, `uri` does not
_URI = rf"{_SCHEME}{_hierarchy('')}{_query_and_fragment('')}"
_URI_REFERENCE = rf"(?:{_SCHEME})?{_hierarchy(_QUOTE)}?{_query_and_fragment(_QUOTE)}"

_VARIABLE = rf"(?:[a-z0-9_]|{_ESCAPE})+(?::[1-9][0-9]{{0,3}}|\*)?"
_EXPRESSION = rf"\{{[+#./;?&=,!@|]?{_VARIABLE}(?:,{_VARIABLE})*\}}"
_URI_TEMPLATE = rf"""(?:[^\x00-\x20"'<>%\\^`{{|}}]|{_ESCAPE}|{_EXPRESSION})*"""

# ajv-formats takes this pattern from https://gist.github.com/dperini/729294. Unlike `uri`, it
# refuses private IPv4 networks and accepts letters of any script.

_LETTER = r"a-z\u00a1-\uffff"
_URL_HOST_LABEL = rf"(?:[0-9{_LETTER}]+-)*[0-9{_LETTER}]+"
_PRIVATE_IPV4 = (
    r"(?:10|127)(?:\.\d{1,3}){3}|(?:169\.254|192\.168)(?:\.\d{1,3}){2}"
    r"|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}"
)
_PUBLIC_IPV4 = (
    r"(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}"
    r"\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])"
)
_URL_HOST_NAME = rf"{_URL_HOST_LABEL}(?:\.{_URL_HOST_LABEL})*\.[{_LETTER}]{{2,}}"
_URL_HOST = rf"(?:(?!{_PRIVATE_IPV4}){_PUBLIC_IPV4}|{_URL_HOST_NAME})"
_NO_SPACE = r"[^\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
_URL = rf"(?:https?|ftp)://(?:{_NO_SPACE}+@)?{_URL_HOST}(?::\d{{2,5}})?(?:/{_NO_SPACE}*)?"

# RFC 6901 (section 3) writes `~` as `~0` and `/` as `~1`, so any other `~` is an error.

_POINTER_STEP = r"(?:[^~/]|~[01])*"
_POINTER = rf"(?:/{_POINTER_STEP})*"
_POINTER_FRAGMENT = rf"#(?:/(?:[a-z0-9_\-.!$&'()*+,;:=@]|{_ESCAPE}|~[01])*)*"
_RELATIVE_POINTER = rf"(?:0|[1-9][0-9]*)(?:#|{_POINTER})"


_LINE_END = re.compile("[\n\r\u2028\u2029]")
# A file may be an attachment, so the payload's own limit is the only one here.
_LONGEST_BASE64: Final = 2_000_000
_is_base64_line = _match(r"(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?", _LONGEST_BASE64)
_UUID = r"(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"


def _is_base64(text: str) -> bool:
    # `BYTE` in ajv-formats has the flag `m`, so one line of base64 makes the whole text valid.
    return any(map(_is_base64_line, _LINE_END.split(text)))


def _is_int64(value: Json) -> bool:
    # ajv-formats checks no bounds: its `validateInt64` takes 2 ** 53 for the largest integer of
    # JavaScript. Bounds here would refuse what the reference accepts.
    return not isinstance(value, int | float) or value % 1 == 0


def _is_int32(value: Json) -> bool:
    return not isinstance(value, int | float) or (value % 1 == 0 and -(2**31) <= value < 2**31)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "binary": _accept,
        "byte": _check_text(_is_base64, _LONGEST_BASE64),
        "date": _check_text(_is_date, _SHORT),
        "date-like": _date_like(),
        "date-time": _check_text(_is_date_time, _SHORT),
        "double": _accept,
        "duration": _match(_DURATION, _SHORT, re.ASCII),
        "email": _match(_EMAIL, _LONGEST_EMAIL),
        "float": _accept,
        "hostname": _match(_HOSTNAME, _LONGEST_HOSTNAME),
        "int32": _is_int32,
        "int64": _is_int64,
        "ipv4": _match(_IPV4, _SHORT),
        "ipv6": _check_text(_is_ipv6, _SHORT),
        "json-pointer": _match(_POINTER, _LONGEST_URI),
        "json-pointer-uri-fragment": _match(_POINTER_FRAGMENT, _LONGEST_URI),
        "password": _accept,
        "regex": _check_text(is_regex, _LONGEST_REGEX),
        "relative-json-pointer": _match(_RELATIVE_POINTER, _LONGEST_URI),
        "text": _accept,
        "time": _check_text(_is_time, _SHORT),
        "uri": _match(_URI, _LONGEST_URI),
        "uri-reference": _match(_URI_REFERENCE, _LONGEST_URI),
        "uri-template": _match(_URI_TEMPLATE, _LONGEST_URI),
        "url": _match(_URL, _LONGEST_URI),
        "uuid": _match(_UUID, _SHORT),
    }
)
"""Every format by its name."""
