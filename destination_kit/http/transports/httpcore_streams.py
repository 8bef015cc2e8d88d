"""Network streams of httpcore that count what they read, and notice bytes that none asked for.

httpcore looks at the socket before it uses a connection again, but not at what has been read from
it already: a second response in the same packet becomes the response to the next request.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import httpcore

from destination_kit.http.transports.framing import MAX_HEAD_BYTES, ResponseFraming
from destination_kit.http.transports.interface import (
    HEAD_TOO_LARGE,
    MAX_TRANSFER_BYTES,
    RESPONSE_TOO_LARGE,
)

if TYPE_CHECKING:
    import httpx

# Bytes that have arrived are decrypted in microseconds. The time only ends the wait for more.
_TICKET_TIMEOUT: Final = 0.001


def count_bytes(transport: httpx.AsyncBaseTransport) -> None:
    """Make httpx's transport over the network count the bytes of its connections.

    Streams of HTTP/2 have numbers, so no response of theirs can be mistaken for another.
    """
    # httpx takes no network backend (`AsyncHTTPTransport` in httpx/_transports/default.py).
    pool = getattr(transport, "_pool", None)
    if not isinstance(pool, httpcore.AsyncConnectionPool) or getattr(pool, "_http2", False):
        return
    if not isinstance(pool._network_backend, _CountingBackend):  # noqa: SLF001 - see above
        pool._network_backend = _CountingBackend(pool._network_backend)  # noqa: SLF001 - see above


def allow_body(response: httpx.Response) -> None:
    """Let the body of a response arrive, after its head."""
    stream = response.extensions.get("network_stream")
    if isinstance(stream, CountingStream):
        stream.allow_body()


async def close_if_unclean(
    response: httpx.Response, method: str, headers: Mapping[str, str]
) -> None:
    """Close the connection of a response that has been read, unless it surely holds no more bytes.

    httpcore then opens a new connection for the next request.
    """
    stream = response.extensions.get("network_stream")
    if stream is None or response.extensions.get("http_version") == b"HTTP/2":
        return
    is_clean = isinstance(stream, CountingStream) and stream.ends_with_response(
        method, response.status_code, headers
    )
    if not is_clean:
        await stream.aclose()


class CountingStream(httpcore.AsyncNetworkStream):
    """Stream of one connection, which refuses to start a request where bytes are unread."""

    def __init__(
        self, stream: httpcore.AsyncNetworkStream, outer: CountingStream | None = None
    ) -> None:
        self._stream = stream
        #: The stream below TLS.
        self._outer = outer
        self._framing = ResponseFraming()
        self._limit = MAX_HEAD_BYTES
        self._is_writing = False
        self._is_closed = False
        #: Whether the last read got all that it asked for: then more may wait in a buffer.
        self._may_hold_more = False

    def allow_body(self) -> None:
        """Raise the limit of bytes: the head of the response has been read."""
        self._limit = MAX_TRANSFER_BYTES

    def ends_with_response(self, method: str, status: int, headers: Mapping[str, str]) -> bool:
        """Return whether nothing follows the response that has been read."""
        is_at_end = self._framing.ends_with_response(method, status, headers)
        return is_at_end and not self._has_unread_bytes()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """Read some bytes; raise `httpcore.ReadError` beyond the limit."""
        data = await self._stream.read(max_bytes, timeout)
        self._is_writing = False
        self._may_hold_more = len(data) >= max_bytes
        self._framing.add(data)
        if self._framing.received > self._limit:
            is_head = self._limit == MAX_HEAD_BYTES
            raise httpcore.ReadError(HEAD_TOO_LARGE if is_head else RESPONSE_TOO_LARGE)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        """Write a part of a request; raise `httpcore.ConnectError` before the first if bytes wait."""
        if not self._is_writing:
            if self._has_unread_bytes() and not await self._has_only_tickets():
                raise httpcore.ConnectError("the connection is closed, or has unasked bytes")
            self._is_writing, self._framing = True, ResponseFraming()
            self._limit = MAX_HEAD_BYTES
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        self._is_closed = True
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> CountingStream:
        """Return the stream over TLS."""
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return CountingStream(stream, self)

    def get_extra_info(self, info: str) -> Any:
        """Return a property of the connection; `is_readable` also for bytes in a buffer."""
        if info == "is_readable":
            return self._has_unread_bytes()
        return self._stream.get_extra_info(info)

    def holds_decrypted_bytes(self) -> bool:
        """Return whether TLS has bytes, or the end of the connection, in its buffers."""
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

    async def _has_only_tickets(self) -> bool:
        """Return whether the unread bytes of a new connection are session tickets of TLS 1.3.

        Most servers send tickets after the handshake, and only a read shows that they are no data.
        """
        is_new = not self._framing.received and not self._is_closed
        if not is_new or self._stream.get_extra_info("ssl_object") is None:
            return False
        try:
            await self._stream.read(1, timeout=_TICKET_TIMEOUT)
        except httpcore.ReadTimeout:
            return True
        except httpcore.ReadError:
            return False
        return False

    def _has_unread_bytes(self) -> bool:
        return (
            self._is_closed
            or self._may_hold_more
            or self.holds_decrypted_bytes()
            or (self._outer is not None and self._outer.holds_decrypted_bytes())
            or bool(self._stream.get_extra_info("is_readable"))
        )


class _CountingBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> CountingStream:
        return CountingStream(
            await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        socket_options: Iterable[Any] | None = None,
    ) -> CountingStream:
        return CountingStream(
            await self._backend.connect_unix_socket(path, timeout, socket_options)
        )

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
