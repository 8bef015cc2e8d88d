"""Bodies of requests: read within a time and a size, and decompressed within the same size."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Final

from destination_host.ingress.refusals import RequestRefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

_GZIP_MAGIC: Final = b"\x1f\x8b"
# How zlib is to read a header (https://docs.python.org/3/library/zlib.html#zlib.decompress).
_GZIP, _ZLIB, _RAW = 31, 15, -15


async def read_body(request: Request, max_bytes: int, timeout: float) -> bytes:  # noqa: ASYNC109 - the limit of the whole body, as `asyncio.timeout` takes it
    """Return the body as it arrived, at most `max_bytes`, within `timeout` seconds."""
    declared = request.headers.get("content-length", "")
    if request.headers.get("expect") and declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(max_bytes, is_unread=True)  # the sender waits before it sends the body
    chunks, size = [], 0
    try:
        async with asyncio.timeout(timeout):
            async for chunk in request.stream():
                size += len(chunk)
                # What is too large is read to its end all the same. A sender that still writes
                # would find a closed connection, and not the 413.
                if size <= max_bytes:
                    chunks.append(chunk)
    except TimeoutError:
        if size <= max_bytes:
            raise _too_slow(timeout) from None
        raise _too_large(max_bytes, is_unread=True) from None
    if size > max_bytes:
        raise _too_large(max_bytes)
    return b"".join(chunks)


def decompress(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """Return the content of a body whose `Content-Encoding` is given, at most `max_bytes`."""
    name = encoding.strip().lower()
    if name in ("gzip", "x-gzip") or body.startswith(_GZIP_MAGIC):
        return _inflate(body, _GZIP, max_bytes)
    if name == "deflate":
        # RFC 9110 means the zlib format, and some senders leave its header out. Its first byte has
        # 8 in the low half, which no raw stream of a JSON text begins with.
        has_header = body[:1] != b"" and body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0  # noqa: PLR2004 - the numbers of RFC 1950
        return _inflate(body, _ZLIB if has_header else _RAW, max_bytes)
    if name in ("", "identity"):
        return body
    message = f"Content-Encoding {name!r:.40} is none that the host reads: send gzip or deflate"
    raise RequestRefusedError(415, "UNSUPPORTED_ENCODING", message)


def _inflate(body: bytes, wbits: int, max_bytes: int) -> bytes:
    stream = zlib.decompressobj(wbits=wbits)
    try:
        content = stream.decompress(body, max_bytes + 1)
    except zlib.error:
        raise _broken("the body cannot be decompressed") from None
    if len(content) > max_bytes:
        raise _too_large(max_bytes)
    if not stream.eof:
        raise _broken("the compressed body ends too early")
    if stream.unused_data:
        raise _broken("the body goes on behind its compressed content")
    return content


def _broken(message: str) -> RequestRefusedError:
    return RequestRefusedError(400, "INVALID_BODY", message)


def _too_slow(seconds: float) -> RequestRefusedError:
    message = f"the body was not complete within {seconds:g} s"
    error = RequestRefusedError(408, "BODY_TIMEOUT", message)
    error.is_unread = True
    return error


def _too_large(max_bytes: int, *, is_unread: bool = False) -> RequestRefusedError:
    message = f"the body is larger than {max_bytes:,} bytes: send fewer events in a request"
    error = RequestRefusedError(413, "BODY_TOO_LARGE", message)
    error.is_unread = is_unread
    return error
