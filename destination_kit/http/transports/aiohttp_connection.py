"""Connections of aiohttp that are not used again where bytes are unread.

aiohttp looks for unread bytes when a response ends. Those that arrive later, and the beginning of a
second response, become a part of the response to the next request.
"""

from __future__ import annotations

import select
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

from destination_kit.http.transports.interface import HEAD_TOO_LARGE, MAX_TRANSFER_BYTES

# Before a response, servers send a few of status 100, 102 or 103.
_MAX_HEADS: Final = 100


def check_connections(connector: aiohttp.TCPConnector) -> None:
    """Make a connector check its connections."""
    # aiohttp has no public option for it (`TCPConnector._wrap_create_connection`).
    connector._factory = partial(_CheckedConnection, connector._loop)  # type: ignore[assignment] # noqa: SLF001 - see above


class _CheckedConnection(ResponseHandler):
    """Connection that counts what has arrived since its last request."""

    _bytes = _heads = 0

    def set_response_params(self, **params: Any) -> None:
        """Prepare for the response to a request."""
        self._bytes = self._heads = 0
        super().set_response_params(**params)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Queue the head of a response; give up the connection at a flood of them."""
        self._heads += 1
        if self._heads > _MAX_HEADS:
            self._abort()
        else:
            super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        """Parse bytes; give up the connection where there are too many, or no request yet."""
        self._bytes += len(data)
        if self._bytes > MAX_TRANSFER_BYTES or (data and self._parser is None):
            self._abort()
        else:
            super().data_received(data)

    def is_connected(self) -> bool:
        """Return whether the connection is open, and has nothing that is unread."""
        if self.transport is None or self.should_close or not super().is_connected():
            return False
        return not (self._has_begun_another() or _is_readable(self.transport))

    def _has_begun_another(self) -> bool:
        """Return whether the parser is in the middle of a message."""
        try:
            return self._parser is not None and self._parser.feed_eof() is not None
        except Exception:  # noqa: BLE001 - the parser raises what is wrong with the message
            return True

    def _abort(self) -> None:
        self.set_exception(aiohttp.ClientPayloadError(HEAD_TOO_LARGE))
        if self.transport is not None:
            self.transport.abort()


def _is_readable(transport: Any) -> bool:
    descriptor = transport.get_extra_info("socket").fileno()
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
