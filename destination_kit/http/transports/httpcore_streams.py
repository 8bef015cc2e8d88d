"""Network streams of httpcore that count what they read, and notice bytes that none asked for.

httpcore looks at the socket before it uses a connection again, but not at what has been read from
it already: a second response in the same packet becomes the response to the next request.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Final

import httpcore

from destination_kit.http.transports.interface import (
    HEAD_TOO_LARGE,
    MAX_HEAD_BYTES,
    MAX_TRANSFER_BYTES,
    RESPONSE_TOO_LARGE,
)

if TYPE_CHECKING:
    import httpx

# The way from a response to the parser of its connection (httpx 0.28, httpcore 1.0). Where a name
# has changed, the connection is closed after each response.
_WAY_TO_PARSER: Final = ("stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")


def count_bytes(transport: httpx.AsyncBaseTransport) -> None:
    """Make httpx's transport over the network count the bytes of its connections.

    Streams of HTTP/2 have numbers, so no response of theirs can be mistaken for another.
    """
    # httpx takes no network backend (`AsyncHTTPTransport` in httpx/_transports/default.py).
    pool = getattr(transport, "_pool", None)
    if isinstance(pool, httpcore.AsyncConnectionPool) and not getattr(pool, "_http2", False):
        pool._network_backend = _CountingBackend()  # noqa: SLF001 - see above


def allow_body(response: httpx.Response) -> None:
    """Let the body of a response arrive, after its head."""
    stream = response.extensions.get("network_stream")
    if isinstance(stream, CountingStream):
        stream.limit = MAX_TRANSFER_BYTES


async def close_if_unclean(response: httpx.Response) -> None:
    """Close the connection of a response that has been read, unless it surely holds no more bytes.

    httpcore then opens a new connection for the next request.
    """
    stream = response.extensions.get("network_stream")
    if stream is None or response.extensions.get("http_version") == b"HTTP/2":
        return
    parser: Any = response
    for name in _WAY_TO_PARSER:
        parser = getattr(parser, name, None)
    is_parsed = parser is not None and not parser.trailing_data[0]
    if not (is_parsed and isinstance(stream, CountingStream)) or stream.has_buffered_bytes():
        await stream.aclose()


class CountingStream(httpcore.AsyncNetworkStream):
    """Stream of one connection, which refuses to start a request where bytes are unread."""

    def __init__(
        self, stream: httpcore.AsyncNetworkStream, outer: CountingStream | None = None
    ) -> None:
        self._stream = stream
        #: The stream below TLS.
        self._outer = outer
        #: Bytes that may arrive before the next request.
        self.limit = MAX_HEAD_BYTES
        self._received = 0
        self._is_writing = False
        #: Whether the stream is closed, or its last read got all that it asked for: then more may
        #: wait in a buffer.
        self._may_hold_more = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """Read some bytes; raise `httpcore.ReadError` beyond the limit."""
        data = await self._stream.read(max_bytes, timeout)
        self._is_writing = False
        self._may_hold_more = len(data) >= max_bytes
        self._received += len(data)
        if self._received > self.limit:
            is_head = self.limit == MAX_HEAD_BYTES
            raise httpcore.ReadError(HEAD_TOO_LARGE if is_head else RESPONSE_TOO_LARGE)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Write a part of a request; raise `httpcore.ConnectError` before the first if bytes wait."""
        if not self._is_writing:
            # Over TLS a new connection often has session tickets to read, which are no data.
            is_tls = self._stream.get_extra_info("ssl_object") is not None
            if self.has_buffered_bytes() if is_tls else self.get_extra_info("is_readable"):
                raise httpcore.ConnectError("the connection is closed, or has unasked bytes")
            self._is_writing, self._received, self.limit = True, 0, MAX_HEAD_BYTES
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        self._may_hold_more = True
        await self._stream.aclose()

    async def start_tls(self, *args: Any, **options: Any) -> CountingStream:
        """Return the stream over TLS."""
        return CountingStream(await self._stream.start_tls(*args, **options), self)

    def get_extra_info(self, info: str) -> Any:
        """Return a property of the connection; `is_readable` also for bytes in a buffer."""
        is_buffered = info == "is_readable" and self.has_buffered_bytes()
        return is_buffered or self._stream.get_extra_info(info)

    def has_buffered_bytes(self) -> bool:
        """Return whether bytes, or the end of the connection, have been read and not returned."""
        if self._may_hold_more or (self._outer and self._outer.has_buffered_bytes()):
            return True
        ssl_object = self._stream.get_extra_info("ssl_object")
        if ssl_object is None:
            return False
        try:
            # A record that is no data, such as a session ticket, is used up by the way. Where there
            # is data the connection is given up, so the byte is not missed.
            ssl_object.read(1)
        except ssl.SSLWantReadError:
            return False
        except (ssl.SSLError, ValueError):
            return True
        return True


class _CountingBackend(httpcore.AnyIOBackend):
    async def connect_tcp(self, *args: Any, **options: Any) -> CountingStream:
        return CountingStream(await super().connect_tcp(*args, **options))
