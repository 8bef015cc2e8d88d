"""Connections of aiohttp that count what they read, and end at bytes that none asked for.

aiohttp looks for unread bytes when a response ends. Those that arrive later, and the beginning of a
second response, become a part of the response to the next request.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

from destination_kit.http.transports.framing import MAX_HEAD_BYTES, ResponseFraming
from destination_kit.http.transports.interface import (
    HEAD_TOO_LARGE,
    MAX_TRANSFER_BYTES,
    RESPONSE_TOO_LARGE,
)
from destination_kit.http.transports.readable import is_readable

if TYPE_CHECKING:
    from aiohttp.http import RawResponseMessage
    from aiohttp.streams import StreamReader

_LAST_INFORMATIONAL: Final = 199


def count_bytes(connector: aiohttp.TCPConnector) -> None:
    """Make a connector count the bytes of its connections."""
    # aiohttp has no public option for it (`TCPConnector._wrap_create_connection`).
    connector._factory = partial(_CountingConnection, connector._loop)  # type: ignore[assignment] # noqa: SLF001 - see above


class _CountingConnection(ResponseHandler):
    """Connection that is not used again unless its last byte was the end of a response."""

    _framing: ResponseFraming | None = None
    _final: RawResponseMessage | None = None
    _content: StreamReader | None = None

    def set_response_params(self, **params: Any) -> None:
        """Prepare for the response to a request."""
        self._framing, self._final = ResponseFraming(), None
        super().set_response_params(**params)

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Queue the head of a response, with the stream of its content."""
        if data[0].code > _LAST_INFORMATIONAL:
            self._final, self._content = data
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        """Parse bytes; give up the connection where no request waits for them."""
        if data and (self._framing is None or self._is_complete()):
            self._abort()
            return
        if self._framing:
            self._framing.add(data)
            limit = MAX_TRANSFER_BYTES if self._final else MAX_HEAD_BYTES
            if self._framing.received > limit:
                self._fail(RESPONSE_TOO_LARGE if self._final else HEAD_TOO_LARGE)
                return
        super().data_received(data)

    @property
    def should_close(self) -> bool:
        """Whether the connection cannot be used again."""
        return super().should_close or not self._ends_with_response()

    def is_connected(self) -> bool:
        """Return whether the connection is open, and has nothing to read."""
        if self.transport is None or not super().is_connected():
            return False
        sock = self.transport.get_extra_info("socket")
        return sock is None or not is_readable(sock.fileno())

    def _is_complete(self) -> bool:
        return self._final is not None and self._content is not None and self._content.is_eof()

    def _ends_with_response(self) -> bool:
        if self._framing is None or self._final is None:
            return False
        method = "HEAD" if self._skip_payload else "GET"
        final = self._final
        return self._framing.ends_with_response(method, final.code, final.headers)

    def _fail(self, message: str) -> None:
        error = aiohttp.ClientPayloadError(message)
        self.set_exception(error)
        if self._payload is not None:
            self._payload.set_exception(error)
        self._abort()

    def _abort(self) -> None:
        self.force_close()
        if self.transport is not None:
            self.transport.abort()
