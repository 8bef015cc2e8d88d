"""Connections of aiohttp that are not used again where bytes are unread.

aiohttp looks for unread bytes when a response ends. Those that arrive later, and the beginning of a
second response, become a part of the response to the next request.
"""

from __future__ import annotations

import selectors
from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler


def create_connector(**options: Any) -> aiohttp.TCPConnector:
    """Return a connector that checks its connections before it uses them again."""
    connector = aiohttp.TCPConnector(**options)
    # aiohttp has no public option for it (`TCPConnector._wrap_create_connection`).
    connector._factory = partial(_CheckedConnection, connector._loop)  # type: ignore[assignment] # noqa: SLF001 - see above
    return connector


class _CheckedConnection(ResponseHandler):
    """Connection that counts as closed as soon as an idle one holds unread bytes."""

    def is_connected(self) -> bool:
        """Return whether the next request may use the connection."""
        if self.should_close or not super().is_connected():
            return False
        transport: Any = self.transport
        with selectors.DefaultSelector() as selector:
            selector.register(transport.get_extra_info("socket"), selectors.EVENT_READ)
            return not (selector.select(0) or self._is_within_message())

    def _is_within_message(self) -> bool:
        try:
            return self._parser is not None and self._parser.feed_eof() is not None
        except Exception:  # noqa: BLE001 - the parser raises what is wrong with the message
            return True
