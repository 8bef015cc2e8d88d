"""Sockets that have something to read: bytes, or the end of the connection."""

from __future__ import annotations

import select
from typing import Final

_HAS_POLL: Final = hasattr(select, "poll")


def is_readable(descriptor: int) -> bool:
    """Return whether a read of the socket would return at once; also for a closed socket."""
    if descriptor < 0:
        return True
    if not _HAS_POLL:  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
