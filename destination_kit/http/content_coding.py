"""Content codings: only what a request has asked for is inflated, and only up to a limit.

A few kilobytes of gzip can hold gigabytes. The kit asks for `identity`, that is for no coding.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
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
# The rest of the body is copied for each member, and an empty one has 20 bytes.
_MOST_MEMBERS: Final = 100
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
    return b"".join(_inflate(content))


def _inflate(content: bytes) -> Iterator[bytes]:
    """Yield the parts of a body in one or more members (RFC 1952, section 2.2)."""
    room = MAX_RESPONSE_BYTES
    for _ in range(_MOST_MEMBERS):
        inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
        yield (inflated := inflater.decompress(content, room + 1))
        room -= len(inflated)
        if room < 0:
            raise zlib.error(RESPONSE_TOO_LARGE)
        if not inflater.eof:
            raise zlib.error("its compressed body has no end")
        content = inflater.unused_data
        if not content.strip(b"\0"):  # a file may be padded (gzip's manual, "Advanced usage")
            return
    raise zlib.error(f"its compressed body has more than {_MOST_MEMBERS} members")
