"""Surrogate pairs: text as the UTF-16 code units of JavaScript, and lone surrogates replaced.

JavaScript measures, indexes and compares text by code units, Python by code points. JSON may carry
half of a surrogate pair, and UTF-8 cannot (D4 in `docs/differences.md`).
"""

from __future__ import annotations

import re

_FIRST_SUPPLEMENTARY = 0x10000
_BELOW_SUPPLEMENTARY = bytes(range(0xF0))
_HIGH_SURROGATE = 0xD800
_LOW_SURROGATE = 0xDC00
_SURROGATE = re.compile("[\ud800-\udfff]")


def to_well_formed(value: str) -> str:
    """Return `value.toWellFormed()`: surrogate pairs joined, lone surrogates as U+FFFD."""
    if value.isascii() or not _SURROGATE.search(value):
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def join_surrogate_pairs(text: str) -> str:
    """Return a text with each surrogate pair as one character. Lone surrogates stay."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def to_surrogate_pairs(value: str) -> str:
    """Return UTF16EncodeCodePoint of each character: supplementary ones as two code units."""
    if not has_supplementary_characters(value):
        return value
    points = {ord(char) for char in value}
    return value.translate(
        {point: _surrogate_pair(point) for point in points if point >= _FIRST_SUPPLEMENTARY}
    )


def has_supplementary_characters(value: str) -> bool:
    """Return whether a text has characters of two UTF-16 code units."""
    return not value.isascii() and utf16_length(value) > len(value)


def utf16_length(value: str) -> int:
    """Return the length of a String, `value.length`: its number of UTF-16 code units."""
    if value.isascii():
        return len(value)
    # In UTF-8 a supplementary character begins with F0 or above. UTF-16 takes 150 ns for each lone
    # surrogate.
    content = value.encode("utf-8", "surrogatepass")
    return len(value) + len(content.translate(None, _BELOW_SUPPLEMENTARY))


def _surrogate_pair(point: int) -> str:
    offset = point - _FIRST_SUPPLEMENTARY
    return chr(_HIGH_SURROGATE + (offset >> 10)) + chr(_LOW_SURROGATE + (offset & 0x3FF))
