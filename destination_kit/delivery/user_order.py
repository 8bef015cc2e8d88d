"""Order per user: which events of a user wait for an earlier one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
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
    """Locks of the users who have an event in retry, or a deletion; other users wait for nothing.

    First attempts take no lock, so that events of one user can share a batch. A deletion is sent
    alone: an event that overtakes it, or that it overtakes, brings back a deleted user.
    """

    def __init__(self) -> None:
        # A weak reference drops the lock of a user whose retries ended. Otherwise a stream of
        # millions of users would fill the memory with locks.
        self._retry_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._deletion_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        #: User key -> number of the user's events in flight, deletions not counted.
        self._in_flight: dict[str, int] = {}
        #: User key -> set when the user has no event in flight.
        self._idle: dict[str, asyncio.Event] = {}

    def find_retry_lock(self, key: str | None) -> asyncio.Lock | None:
        """Return the lock of a user with an event in retry, else None."""
        return self._retry_locks.get(key) if key else None

    def retry_lock(self, key: str | None) -> asyncio.Lock:
        """Return the lock to hold during retries of a user's event.

        Waiters acquire it in the order in which they arrived. An event without a user has a lock
        of its own.
        """
        return _setdefault(self._retry_locks, key)

    def find_deletion_lock(self, key: str | None) -> asyncio.Lock | None:
        """Return the lock of a user with a deletion that waits or is sent, else None."""
        return self._deletion_locks.get(key) if key else None

    def deletion_lock(self, key: str | None) -> asyncio.Lock:
        """Return the lock to hold from the arrival of a deletion until its result is final."""
        return _setdefault(self._deletion_locks, key)

    @contextmanager
    def in_flight(self, key: str | None) -> Iterator[None]:
        """Count an event as in flight, from its arrival until its result is final."""
        if not key:
            yield
            return
        self._in_flight[key] = self._in_flight.get(key, 0) + 1
        try:
            yield
        finally:
            self._in_flight[key] -= 1
            if not self._in_flight[key]:
                del self._in_flight[key]
                if idle := self._idle.pop(key, None):
                    idle.set()

    def has_in_flight(self, key: str | None) -> bool:
        """Tell whether an event of the user is in flight."""
        return key in self._in_flight

    async def wait_until_idle(self, key: str) -> None:
        """Wait until no event of the user is in flight. The holder of the deletion lock waits."""
        idle = self._idle.setdefault(key, asyncio.Event())
        await idle.wait()


def _setdefault(locks: WeakValueDictionary[str, asyncio.Lock], key: str | None) -> asyncio.Lock:
    lock = asyncio.Lock()
    return locks.setdefault(key, lock) if key else lock
