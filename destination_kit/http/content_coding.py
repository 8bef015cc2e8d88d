"""Content codings: only what a request has asked for is inflated, and only up to a limit.

A few kilobytes of gzip can hold gigabytes. The kit asks for `identity`, that is for no coding.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from typing import Final

from destination_kit.http.transports.interface import (
    MAX_RESPONSE_BYTES,
    RESPONSE_TOO_LARGE,
    NoResponseError,
    RawResponse,
)

# What zlib can undo, where an Accept-Encoding does not refuse it with `q=0`.
_ASKED_FOR: Final = re.compile(r"\b(?:gzip|deflate)\b(?!\s*;\s*q=0(?:\.0*)?(?![.\d]))")
# zlib finds out by the first bytes whether they are gzip or zlib (zlib.h, `inflateInit2`).
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
_SUCCESSFUL: Final = range(200, 300)


def decode_content(response: RawResponse, sent: Mapping[str, str]) -> bytes:
    """Return a body without its content coding (RFC 9110, section 8.4).

    `sent` are the headers of the request. Raises `NoResponseError` where a success cannot be read.
    The status and the headers of an error say enough: it has no body then.
    """
    accepted = (value.lower() for name, value in sent.items() if name.lower() == "accept-encoding")
    try:
        return _undo(response.headers["content-encoding"], response.content, ",".join(accepted))
    except zlib.error as error:
        if response.status not in _SUCCESSFUL:
            return b""
        raise NoResponseError(str(error), unsent=False, status=response.status) from None


def _undo(coding: str, content: bytes, accepted: str) -> bytes:
    name = coding.strip().lower().removeprefix("x-")
    if name in {"", "identity"} or not content:
        return content
    if name not in _ASKED_FOR.findall(accepted):
        # A name such as "gzip" has a few characters. The header of a partner can have any number.
        raise zlib.error(f"its body has the coding {coding[:40]!r}, which was not asked for")
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
    inflated = inflater.decompress(content, MAX_RESPONSE_BYTES + 1)
    if len(inflated) > MAX_RESPONSE_BYTES:
        raise zlib.error(RESPONSE_TOO_LARGE)
    if not inflater.eof or inflater.unused_data:
        raise zlib.error("its compressed body has no end, or bytes after its end")
    return inflated
