"""Order per user: later events of a user wait while an earlier one is being retried."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from destination_kit._event_ids import read_id

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


USER_ORDER: Final = "USER_ORDER"
"""The code that `OutcomeListener` gets while an event waits for an earlier one of its user."""


def user_key(event: JsonObject) -> str | None:
    """Return the key that the events of one user share, None for an event without a user.

    The key is the `userId`, else the `anonymousId`; each is a text or a number, see `read_id`. The
    two have keys of their own, also where their values are equal.
    """
    for name in ("userId", "anonymousId"):
        if user_id := read_id(event, name):
            return f"{name} {user_id}"
    return None


class UserOrder:
    """One lock per user who has an event in retry; other users wait for nothing.

    First attempts take no lock, so that events of one user can share a batch.
    """

    def __init__(self) -> None:
        # A weak reference drops the lock of a user whose retries ended. Otherwise a stream of
        # millions of users would fill the memory with locks.
        self._retry_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def find_retry_lock(self, key: str | None) -> asyncio.Lock | None:
        """Return the lock of a user with an event in retry, else None."""
        return self._retry_locks.get(key) if key else None

    def retry_lock(self, key: str | None) -> asyncio.Lock:
        """Return the lock to hold during retries of a user's event.

        Waiters acquire it in the order in which they arrived. An event without a user has a lock
        of its own.
        """
        lock = asyncio.Lock()
        return self._retry_locks.setdefault(key, lock) if key else lock
