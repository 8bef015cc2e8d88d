"""Filters that encode: URLs, slugs, base64, hashes, JSON; and what stands in for nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from destination_kit._javascript import WHITE_SPACE, stringify_json, to_surrogate_pairs
from destination_kit._json import MISSING
from destination_kit.mapping.liquid.context import Filter
from destination_kit.mapping.liquid.limits import Bounds
from destination_kit.mapping.liquid.utf16 import characters
from destination_kit.mapping.liquid.values import (
    Draft,
    Word,
    is_true,
    join,
    plain,
    string,
    text,
    truthy,
    whole,
)
from destination_kit.mapping.resolvers import ResolutionError

_MARKS = "!'()*"
_RESERVED = ";,/?:@&=+$#[]"
_ENCODED = re.compile("(?:%[0-9a-fA-F]{2})+|%")  # a lone sign is no UTF-8 either
_SAFE = bytes.maketrans(b"-_", b"+/")
_NO_BASE64 = re.sub(b"[A-Za-z0-9+/_-]", b"", bytes(range(256)))
_WIDEST = 10  # blanks of an indent, as in JSON.stringify


def _encoded(safe: str, *, space: str) -> Filter:
    """Return the filter that percent-encodes all but letters, digits, `-._~` and these."""

    def encode(bounds: Bounds, value: Draft, *_arguments: Draft) -> str:
        said = characters(text(value, bounds))
        bounds.text(len(said) * 9)
        try:
            return quote(said, safe=safe).replace("%20", space)
        except UnicodeEncodeError:
            raise ResolutionError("half a character cannot be part of a URL") from None

    return encode


def _decoded(bounds: Bounds, value: Draft, *_arguments: Draft) -> str:
    said = text(value, bounds)
    bounds.text(len(said))
    bounds.slow(2 * said.count("%"))
    try:
        found = _ENCODED.sub(lambda part: _utf8_of(part[0], bounds), said)
    except ValueError:
        raise ResolutionError("a text is no percent-encoded UTF-8") from None
    return to_surrogate_pairs(found).replace("+", " ")


def _utf8_of(encoded: str, bounds: Bounds) -> str:
    bounds.slow(1)
    if encoded == "%":
        raise ValueError
    return bytes.fromhex(encoded.replace("%", "")).decode()


def _is_letter(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "ML" or category == "Nd"


_SLUGS: Mapping[str, Callable[[str], bool]] = {
    "raw": lambda char: char not in WHITE_SPACE,
    "default": _is_letter,
    "pretty": lambda char: char in "._~!$&'()+,;=@" or _is_letter(char),
    "ascii": lambda char: char.isascii() and char.isalnum(),
    "latin": _is_letter,
}
_ACCENTS = {
    **dict.fromkeys("àáâãäå", "a"),
    **dict.fromkeys("èéêë", "e"),
    **dict.fromkeys("ìíîï", "i"),
    **dict.fromkeys("òóôõöø", "o"),
    **dict.fromkeys("ùúûü", "u"),
    **dict.fromkeys("ýÿ", "y"),
    **dict(zip("æçðñßœþ", ("ae", "c", "d", "n", "ss", "oe", "th"), strict=True)),
    **dict(zip("ẞŒÞ", ("SS", "OE", "TH"), strict=True)),
}
_LATIN = str.maketrans(_ACCENTS)


def _slugified(
    bounds: Bounds, value: Draft, mode: Draft = MISSING, cased: Draft = MISSING, *_more: Draft
) -> str:
    said = characters(text(value, bounds))
    bounds.text(len(said) * 4)
    bounds.slow(2 * len(said))
    name = "default" if mode is MISSING else string(mode, bounds)
    if keeps := _SLUGS.get(name):
        said = said.translate(_LATIN) if name == "latin" else said
        lost = [each for each in set(said) if not keeps(each)]
        if lost:
            alike = said.translate(dict.fromkeys(map(ord, lost), lost[0]))
            said = re.sub(f"{re.escape(lost[0])}+", "-", alike)
        said = said.removeprefix("-").removesuffix("-")
    return to_surrogate_pairs(said if is_true(cased) else said.lower())


def _on_bytes(change: Callable[[bytes], str]) -> Filter:
    """Return the filter that works on the UTF-8 of its input."""

    def apply(bounds: Bounds, value: Draft, *_arguments: Draft) -> str:
        return change(_utf8(value, bounds))

    return apply


def _utf8(value: Draft, bounds: Bounds) -> bytes:
    said = text(value, bounds)
    bounds.text(len(said) * 4)
    return said.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _base64_decoded(bounds: Bounds, value: Draft, *_arguments: Draft) -> str:
    """Return the text behind base64, of either alphabet; what is no base64 is passed over."""
    said = text(value, bounds)
    bounds.text(len(said))
    low = said.encode("utf-16-le", "surrogatepass")[::2]  # half of each code unit, as Node does
    digits = low.partition(b"=")[0].translate(_SAFE, _NO_BASE64)
    digits = digits[:-1] if len(digits) % 4 == 1 else digits
    decoded = base64.b64decode(digits + b"=" * (-len(digits) % 4)).decode("utf-8", "replace")
    if not decoded.isascii():
        bounds.slow(len(decoded))
    return to_surrogate_pairs(decoded)


def _hmac_sha256(bounds: Bounds, value: Draft, key: Draft = MISSING, *_more: Draft) -> str:
    return hmac.new(_utf8(key, bounds), _utf8(value, bounds), hashlib.sha256).hexdigest()


def _json(bounds: Bounds, value: Draft, space: Draft = 0, *_more: Draft) -> Draft:
    if value is MISSING:
        return MISSING
    if isinstance(space, str):
        return _written(value, bounds, space[:_WIDEST], "\n" if space else "")
    width = space if isinstance(space, int | float) and not isinstance(space, bool) else 0
    return _written(value, bounds, " " * min(whole(width), _WIDEST), "\n" if width > 0 else "")


def _written(value: Draft, bounds: Bounds, indent: str, line: str) -> str:
    """Return JSON; `line` is what starts a line of this level, "" where all is one line."""
    bounds.spend()
    if isinstance(value, Word):
        return "{}"  # an object of its own in liquidjs, without properties
    inner = line + indent  # a fraction of a blank starts lines too, without indenting them
    if isinstance(value, Mapping):
        colon = ": " if line else ":"
        members = [
            f"{_quoted(key, bounds)}{colon}{_written(each, bounds, indent, inner)}"
            for key, each in value.items()
            if each is not MISSING
        ]
        return _wrapped("{}", members, (line, inner), bounds)
    if isinstance(value, list | tuple):
        items = [_written(each, bounds, indent, inner) for each in value]
        return _wrapped("[]", items, (line, inner), bounds)
    return _quoted(value, bounds) if isinstance(value, str) else stringify_json(value) or "null"


def _wrapped(marks: str, parts: list[str], lines: tuple[str, str], bounds: Bounds) -> str:
    if not parts:
        return marks
    line, inner = lines
    return f"{marks[0]}{inner}{join(parts, ',' + inner, bounds)}{line}{marks[1]}"


def _quoted(said: str, bounds: Bounds) -> str:
    bounds.spend(len(said))
    if not said.isascii():
        bounds.slow(len(said))
    quoted = to_surrogate_pairs(stringify_json(characters(said)) or "")
    bounds.text(len(quoted))
    return quoted


def _default(_bounds: Bounds, value: Draft, instead: Draft = MISSING, *options: Draft) -> Draft:
    value = plain(value)
    if isinstance(value, str | list | tuple):
        return value or instead
    if value is False and is_true(_options(options).get("allow_false", MISSING)):
        return False
    return value if truthy(value) else instead


def _options(options: tuple[Draft, ...]) -> dict[str, Draft]:
    """Return options by name; one without a name is an error, as in liquidjs."""
    if not all(isinstance(each, list | tuple | Mapping | Word) for each in options):
        raise ResolutionError("the Liquid filter 'default' takes options by their names")
    return {str(each[0]): each[1] for each in options if isinstance(each, list) and len(each) > 1}


FILTERS: Final[Mapping[str, Filter]] = {
    "url_encode": _encoded(_MARKS, space="+"),
    "cgi_escape": _encoded("", space="+"),
    "uri_escape": _encoded(_MARKS + _RESERVED, space="%20"),
    "url_decode": _decoded,
    "slugify": _slugified,
    "base64_encode": _on_bytes(lambda content: base64.b64encode(content).decode()),
    "base64_decode": _base64_decoded,
    "sha256": _on_bytes(lambda content: hashlib.sha256(content).hexdigest()),
    "hmac_sha256": _hmac_sha256,
    "json": _json,
    "jsonify": _json,
    "inspect": _json,
    "default": _default,
    "raw": lambda _bounds, value, *_arguments: value,
}
