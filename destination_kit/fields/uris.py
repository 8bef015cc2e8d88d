"""The grammar of URIs (RFC 3986) and URI templates (RFC 6570) as patterns, for whole texts.

They are read in ASCII and without regard to case.
"""

from __future__ import annotations

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
_LABEL = rf"(?:[0-9{_WORD}]+-)*[0-9{_WORD}]+"
_PRIVATE = (
    r"(?:10|127)(?:\.\d{1,3}){3}|(?:169\.254|192\.168)(?:\.\d{1,3}){2}"
    r"|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}"
)
_PUBLIC = (
    r"(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}"
    r"\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])"
)
_SITE = rf"(?:(?!{_PRIVATE}){_PUBLIC}|{_LABEL}(?:\.{_LABEL})*\.[{_WORD}]{{2,}})"
_VISIBLE = r"[^\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
WEB_URL = rf"(?:https?|ftp)://(?:{_VISIBLE}+@)?{_SITE}(?::\d{{2,5}})?(?:/{_VISIBLE}*)?"

POINTER_FRAGMENT = rf"#(?:/(?:[a-z0-9_\-.!$&'()*+,;:=@]|{_ESCAPE}|~[01])*)*"
