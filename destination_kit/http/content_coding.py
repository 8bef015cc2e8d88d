"""Content codings: only what a request has asked for is inflated, and only up to a limit.

A few kilobytes of gzip can hold gigabytes. The kit asks for `identity`, that is for no coding.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from destination_kit.http.transports.interface import MAX_RESPONSE_BYTES, RESPONSE_TOO_LARGE

_INFLATABLE: Final = frozenset({"gzip", "deflate"})
# zlib finds out by the first bytes whether they are gzip or zlib (zlib.h, `inflateInit2`).
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
# A name such as "gzip" has a few characters. A header of the partner is shown in an error.
_MAX_SHOWN: Final = 40


class ContentCodingError(Exception):
    """The body of a response has a coding that was not asked for, or that cannot be undone."""


def decode_content(content: bytes, coding: str, accepted: str) -> bytes:
    """Return a body without its content coding (RFC 9110, section 8.4).

    `coding` is the header Content-Encoding of the response, `accepted` the header Accept-Encoding
    of the request. Raises `ContentCodingError`.
    """
    codings = [name for name in _names_in(coding) if name != "identity"]
    if not codings or not content:
        return content
    if len(codings) > 1 or codings[0] not in _INFLATABLE & set(_names_in(accepted)):
        shown = coding[:_MAX_SHOWN]
        raise ContentCodingError(f"its body has the coding {shown!r}, which was not asked for")
    return _inflate(content)


def _names_in(header: str) -> Iterator[str]:
    """Yield the codings of a header in lower case, without those that `q=0` refuses."""
    for element in header.lower().split(","):
        name, _, weight = (part.strip() for part in element.partition(";"))
        if name and weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            yield name.removeprefix("x-")


def _inflate(content: bytes) -> bytes:
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        inflated = inflater.decompress(content, MAX_RESPONSE_BYTES + 1)
    except zlib.error:
        raise ContentCodingError("its body cannot be decompressed") from None
    if len(inflated) > MAX_RESPONSE_BYTES:
        raise ContentCodingError(RESPONSE_TOO_LARGE)
    if not inflater.eof or inflater.unused_data:
        raise ContentCodingError("its compressed body has no end, or bytes after its end")
    return inflated
