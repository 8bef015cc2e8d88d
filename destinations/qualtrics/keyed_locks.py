"""Locks by key: first come, first served, across event loops and threads.

A waiter shares the outcome of the holder before it, as in single flight: a search that five
events need is one call, and an outage is not five failed calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from destination_kit import DeliveryError, Json, RetryableError, stringify_json

Request: TypeAlias = Sequence[Json]


@dataclass(slots=True, eq=False)
class KeyedLock:
    """Lock on a set of keys, held or waited for."""

    keys: frozenset[Hashable]
    #: The holder's work. Waiters with an equal request share its outcome; None shares no result.
    request: Request | None = None
    #: The result of the work, None until there is one.
    result: Json = None
    #: The error that ended the work.
    error: DeliveryError | None = None
    #: The locks that have to be released before this one is held.
    predecessors: Sequence[KeyedLock] = ()
    is_released: bool = False
    #: Callbacks that wake the waiters when this lock is released.
    on_release: tuple[Callable[[], None], ...] = ()
    #: Waiters that were cancelled, to be released together with this lock.
    cancelled_waiters: list[KeyedLock] = field(default_factory=list)


class KeyedLocks:
    """Keyed locks of any number of event loops and threads."""

    def __init__(self) -> None:
        self._last_in_line: dict[Hashable, KeyedLock] = {}
        self._mutex = Lock()

    def __len__(self) -> int:
        """Return the number of keys that are held or waited for."""
        return len(self._last_in_line)

    def acquire(self, keys: Iterable[Hashable], request: Request | None = None) -> Acquisition:
        """Return a context manager that holds all keys for the time of an `async with`.

        The lock comes after every earlier one that shares a key. Where the lock just before has
        exactly the same keys, its outcome is shared:

        * A retryable error is raised at once, as a `RetryableError`.
        * With an equal `request`, any error is raised, and a result is the lock's own `result`.

        The caller must not change a request afterwards.
        """
        return Acquisition(self, frozenset(keys), request)

    async def wait(self, lock: KeyedLock) -> None:
        """Return as soon as all locks that came before are released."""
        # The lock joins the queues of all its keys at once. If it joined them one after another,
        # two locks on the same two keys could each lead one queue. Both would wait for ever.
        self._enqueue(lock)
        try:
            for predecessor in lock.predecessors:
                await self._wait_for_release(predecessor)
        except BaseException:
            self._cancel(lock)
            raise

    def release(self, lock: KeyedLock) -> None:
        """Release a lock, and the cancelled waiters that nothing else holds back."""
        # A waiter may wait for another waiter, and a deadline may cancel all of them. With
        # recursion, a chain of a thousand would exceed Python's default recursion limit of 1,000.
        pending = [lock]
        while pending:
            released = pending.pop()
            with self._mutex:
                self._remove(released)
                pending += [
                    waiter for waiter in released.cancelled_waiters if not _defer_release(waiter)
                ]
            for wake in released.on_release:
                wake()

    def _enqueue(self, lock: KeyedLock) -> None:
        # One lock may be the predecessor on several keys. A list would count it several times, and
        # `_share_outcome` shares only the outcome of a sole predecessor.
        predecessors: dict[KeyedLock, None] = {}
        with self._mutex:
            for key in lock.keys:
                if predecessor := self._last_in_line.get(key):
                    predecessors[predecessor] = None
                self._last_in_line[key] = lock
            lock.predecessors = tuple(predecessors)

    def _cancel(self, lock: KeyedLock) -> None:
        """Release a waiter that gives up, once all its predecessors are released."""
        # A later lock waits only for this one. If this one were released while a predecessor is
        # held, the later lock and the predecessor would be held at once.
        with self._mutex:
            if _defer_release(lock):
                return
        self.release(lock)

    def _remove(self, lock: KeyedLock) -> None:
        lock.is_released, lock.predecessors = True, ()
        for key in lock.keys:
            if self._last_in_line.get(key) is lock:
                del self._last_in_line[key]

    async def _wait_for_release(self, lock: KeyedLock) -> None:
        """Wait until a lock is released, from whichever event loop."""
        # `dkit list` loads this module but sends nothing. asyncio would delay it by 15 to 30 ms.
        import asyncio

        loop = asyncio.get_running_loop()
        released = loop.create_future()

        def resolve() -> None:
            if not released.done():
                released.set_result(None)

        def wake() -> None:
            # If the waiter's loop is closed, `call_soon_threadsafe` raises RuntimeError. Then
            # `release` would not wake the waiters of open loops.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(resolve)

        with self._mutex:
            if lock.is_released:
                return
            lock.on_release += (wake,)
        await released


class Acquisition:
    """Async context manager of `KeyedLocks.acquire`; each `async with` holds a new lock."""

    __slots__ = ("_keys", "_lock", "_locks", "_request")

    def __init__(
        self, locks: KeyedLocks, keys: frozenset[Hashable], request: Request | None
    ) -> None:
        self._locks = locks
        self._keys = keys
        self._request = request

    async def __aenter__(self) -> KeyedLock:
        lock = self._lock = KeyedLock(self._keys, self._request)
        await self._locks.wait(lock)
        try:
            _share_outcome(lock)
        except BaseException as error:
            await self.__aexit__(None, error, None)
            raise
        return lock

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, DeliveryError):
            self._lock.error = error
        self._locks.release(self._lock)


def _defer_release(waiter: KeyedLock) -> bool:
    """Leave the release of a cancelled waiter to a predecessor; return False where none is left."""
    holder = next((lock for lock in waiter.predecessors if not lock.is_released), None)
    if holder:
        holder.cancelled_waiters.append(waiter)
    return holder is not None


def _share_outcome(lock: KeyedLock) -> None:
    """Take over the result of the lock just before, or raise its error; see `acquire`."""
    if len(lock.predecessors) != 1:
        return
    [predecessor] = lock.predecessors
    if predecessor.keys != lock.keys:
        return
    if _is_same_request(lock.request, predecessor.request):
        if predecessor.error:
            raise predecessor.error.with_traceback(None)
        lock.result = predecessor.result
    elif (error := predecessor.error) and error.retryable:
        # The predecessor's error may say that the outcome of its write is unknown. This lock has
        # sent nothing, so the result of its event must not say so.
        raise RetryableError(
            str(error), error.status, code=error.code, retry_after=error.retry_after
        )


def _is_same_request(request: Request | None, earlier: Request | None) -> bool:
    """Return whether two requests are the same JSON."""
    if request is None or request != earlier:
        return False
    # The comparison above takes `True` for `1`. In JSON they differ, so a waiter that writes `1`
    # must not share the result of a write of `true`.
    first, second = [
        json.dumps(compared, sort_keys=True, default=stringify_json)
        for compared in (request, earlier)
    ]
    return first == second
