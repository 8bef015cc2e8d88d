"""Filters of URLs: percent-encoding and slugs (liquidjs's `urlFilters`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from destination_kit._javascript import WHITE_SPACE
from destination_kit._json import MISSING
from destination_kit._surrogates import join_surrogate_pairs, to_surrogate_pairs
from destination_kit.errors import ResolutionError
from destination_kit.mapping.liquid.context import Filter, take_arguments
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.values import LiquidValue, to_boolean, to_string, to_text

# `encodeURIComponent` keeps these marks, and `encodeURI` the reserved characters too
# (https://tc39.es/ecma262/#sec-encodeuri-uri). `uri_escape` of liquidjs restores the brackets,
# which `encodeURI` escapes.
_MARKS = "!'()*"
_RESERVED = ";,/?:@&=+$#[]"
_PERCENT_ENCODED = re.compile("(?:%[0-9a-fA-F]{2})+|%")
# A character of the BMP takes up to three bytes of UTF-8, and a byte takes three characters
# (`%XX`). Others take four bytes, so their text may exceed the limit by a third.
_BYTES_A_CHARACTER = 3
_TEXT_A_BYTE = 3


def _create_encode_filter(safe: str, *, space: str) -> Filter:
    """Return the filter that percent-encodes all but letters, digits, `-._~` and these characters."""

    def encode(limiter: WorkLimiter, value: LiquidValue, *_arguments: LiquidValue) -> str:
        text = join_surrogate_pairs(to_text(value, limiter))
        limiter.reserve_text(len(text) * _BYTES_A_CHARACTER * _TEXT_A_BYTE)
        try:
            return quote(text, safe=safe).replace("%20", space)
        except UnicodeEncodeError:
            raise ResolutionError(
                "half a surrogate pair cannot be percent-encoded: remove it from the text"
            ) from None

    return encode


def _decode(limiter: WorkLimiter, value: LiquidValue, *_arguments: LiquidValue) -> str:
    text = to_text(value, limiter)
    limiter.reserve_text(len(text))
    limiter.spend_per_character(2 * text.count("%"))
    try:
        decoded = _PERCENT_ENCODED.sub(lambda match: _decode_bytes(match[0], limiter), text)
    except ValueError:
        raise ResolutionError(
            "the text for the Liquid filter 'url_decode' is no percent-encoded UTF-8: correct it"
        ) from None
    # `url_decode` of liquidjs replaces plus signs last, so an encoded one (`%2B`) becomes a blank
    # too. `unquote_plus` would keep it.
    return to_surrogate_pairs(decoded).replace("+", " ")


def _decode_bytes(encoded: str, limiter: WorkLimiter) -> str:
    limiter.spend_per_character(1)
    if encoded == "%":
        raise ValueError
    return bytes.fromhex(encoded.replace("%", "")).decode()


def _is_letter_or_digit(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "ML" or category == "Nd"


#: The characters that a slug keeps, by its mode (liquidjs's `rSlugifyReplacers`).
_KEPT_CHARACTERS: Mapping[str, Callable[[str], bool]] = {
    "raw": lambda char: char not in WHITE_SPACE,
    "default": _is_letter_or_digit,
    "pretty": lambda char: char in "._~!$&'()+,;=@" or _is_letter_or_digit(char),
    "ascii": lambda char: char.isascii() and char.isalnum(),
    "latin": _is_letter_or_digit,
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
_WITHOUT_ACCENTS = str.maketrans(_ACCENTS)


def _slugify(
    limiter: WorkLimiter, value: LiquidValue, mode: LiquidValue, keeps_case: LiquidValue
) -> str:
    """Return a slug: a dash for each run of characters that the mode does not keep."""
    text = join_surrogate_pairs(to_text(value, limiter))
    limiter.reserve_text(len(text) * 4)
    limiter.spend_per_character(2 * len(text))
    mode_name = "default" if mode is MISSING else to_string(mode, limiter)
    if is_kept := _KEPT_CHARACTERS.get(mode_name):
        text = text.translate(_WITHOUT_ACCENTS) if mode_name == "latin" else text
        text = _replace_runs(text, [char for char in set(text) if not is_kept(char)])
        text = text.removeprefix("-").removesuffix("-")
    return to_surrogate_pairs(text if to_boolean(keeps_case) else text.lower())


def _replace_runs(text: str, replaced: list[str]) -> str:
    """Return a text with a dash for each run of these characters.

    All of them become the first one before a pattern looks for it: a pattern of many characters
    would take longer than the limits assume.
    """
    if not replaced:
        return text
    uniform = text.translate(dict.fromkeys(map(ord, replaced), replaced[0]))
    return re.sub(f"{re.escape(replaced[0])}+", "-", uniform)


FILTERS: Final[Mapping[str, Filter]] = {
    "url_encode": _create_encode_filter(_MARKS, space="+"),
    "cgi_escape": _create_encode_filter("", space="+"),
    "uri_escape": _create_encode_filter(_MARKS + _RESERVED, space="%20"),
    "url_decode": _decode,
    "slugify": take_arguments(2, _slugify),
}
