"""Guard against network access during a test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_LOOPBACK = frozenset({None, "", "localhost", "127.0.0.1", "::1", b"localhost", b"127.0.0.1"})


@contextmanager
def no_network() -> Iterator[list[str]]:
    """Refuse names and connections beyond this machine; yield the list of the refused hosts.

    It holds for the whole process, for every library and thread, until the block ends. A refused
    access raises `RuntimeError`.
    """
    refused: list[str] = []
    guards, key = _guards(), object()
    guards[key] = refused
    try:
        yield refused
    finally:
        del guards[key]


@cache
def _guards() -> dict[object, list[str]]:
    """Return the active guards: key -> the hosts that each has refused."""
    # A patched `socket` would miss libraries that copied its functions earlier. An audit hook (PEP
    # 578) sees them all, but cannot be removed. So the process has one hook, which does nothing
    # while no guard is active.
    guards: dict[object, list[str]] = {}

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if not guards or event not in ("socket.getaddrinfo", "socket.connect"):
            return
        host = arguments[0]
        if event == "socket.connect":
            address = arguments[1]
            if not isinstance(address, tuple):
                return  # a Unix socket, whose address is a path, stays on this machine
            host = address[0]
        if host in _LOOPBACK:
            return
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        for refused in list(guards.values()):
            refused.append(name)
        msg = f"a test reached for the network: {name}"
        # HTTP libraries turn an `OSError` into a failed connection, which a destination may retry
        # or report as a result. A `RuntimeError` ends the test.
        raise RuntimeError(msg)

    sys.addaudithook(audit)
    return guards
