"""Seeing to it that nothing reaches a network while somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_LOOPBACK = frozenset({None, "", "localhost", "127.0.0.1", "::1", b"localhost", b"127.0.0.1"})


@contextmanager
def no_network() -> Iterator[list[str]]:
    """Refuse names and connections beyond this machine; yield the hosts that were refused.

    It holds for the whole process, whatever the library or thread, until the block ends.
    """
    reached: list[str] = []
    watchers, key = _watchers(), object()
    watchers[key] = reached
    try:
        yield reached
    finally:
        del watchers[key]


@cache
def _watchers() -> dict[object, list[str]]:
    """Return who watches now. What hears of connections can never be removed, so there is one."""
    watchers: dict[object, list[str]] = {}

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if not watchers or event not in ("socket.getaddrinfo", "socket.connect"):
            return
        host = arguments[0]
        if event == "socket.connect":
            address = arguments[1]
            if not isinstance(address, tuple):
                return  # a socket of this machine has a path
            host = address[0]
        if host in _LOOPBACK:
            return
        shown = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        for reached in list(watchers.values()):
            reached.append(shown)
        msg = f"a test reached for the network: {shown}"
        raise RuntimeError(msg)  # which nobody takes for an answer of the network

    sys.addaudithook(hear)
    return watchers
