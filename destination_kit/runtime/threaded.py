"""An open instance on a thread of its own, for hosts that run code which they do not trust."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from datetime import datetime
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from destination_kit._json import JsonObject
from destination_kit.results import EventResult, Failed
from destination_kit.runtime.failures import closed, crowded, out_of_time

if TYPE_CHECKING:
    from destination_kit.runtime.instance import Instance
    from destination_kit.runtime.live import Live

logger = logging.getLogger("destination_kit")
SLACK: Final = 1.0  # seconds that the thread gets beyond a deadline to say what became of events


class _Room(NamedTuple):
    """What the thread has made: its loop, the instance in it, and what ends both."""

    loop: asyncio.AbstractEventLoop
    live: Live
    over: asyncio.Event


class ThreadedInstance:
    """Sends events for one instance from an event loop of its own. Use it in `async with`.

    Code of a destination that blocks holds up its own instance only: `send` returns hardly later
    than its deadline all the same, with what nobody knows by then as `unknown`. It can be used
    from any event loop. What `start` raises is raised where the instance is first used.
    """

    def __init__(self, instance: Instance, start: Callable[[], Live], window: int) -> None:
        self._instance = instance
        self._window = window
        self._under_way = 0
        self._closed = False
        self._room: Future[_Room] = Future()
        name = f"destination_kit {instance.name}"
        self._thread = Thread(target=self._run, args=(start,), name=name, daemon=True)
        self._thread.start()

    async def __aenter__(self) -> Self:
        await self._opened(None)
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def send(
        self,
        events: Sequence[JsonObject],
        *,
        deadline: float = 30.0,
        received_at: datetime | None = None,
        only: Collection[str] | None = None,
    ) -> list[EventResult]:
        """Return what became of each event, as `Live.send` does."""
        if self._closed:
            msg = "this instance is closed"
            raise RuntimeError(msg)
        until = monotonic() + deadline
        try:
            room = await self._opened(deadline)
        except TimeoutError:
            return self._all(events, out_of_time(deadline, wrote=False), only)
        if self._under_way and self._under_way + len(events) > self._window:
            return self._all(events, crowded(self._window), only)
        self._under_way += len(events)
        sending = self._send(room.live, events, until, received_at, only)
        sent = asyncio.run_coroutine_threadsafe(sending, room.loop)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(sent), deadline + SLACK)
        except TimeoutError:
            return self._all(events, out_of_time(deadline, wrote=True), only)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return self._all(events, closed(wrote=True), only)

    async def _send(
        self,
        live: Live,
        events: Sequence[JsonObject],
        until: float,
        received_at: datetime | None,
        only: Collection[str] | None,
    ) -> list[EventResult]:
        """Send events in the thread, unless it was held up so long that nobody waits any more."""
        try:
            left = until - monotonic()
            if left <= 0:
                return self._all(events, out_of_time(0.0, wrote=False), only)
            return await live.send(events, deadline=left, received_at=received_at, only=only)
        finally:
            self._under_way -= len(events)

    async def aclose(self, *, deadline: float = 5.0) -> None:
        """Close the instance as `Live.aclose` does, or leave its thread behind, and say so."""
        if self._closed:
            return
        self._closed = True
        room = None
        try:
            room = await self._opened(deadline)
            closing = asyncio.run_coroutine_threadsafe(
                room.live.aclose(deadline=deadline), room.loop
            )
            await asyncio.wait_for(asyncio.wrap_future(closing), deadline + 3 * SLACK)
        except TimeoutError:
            pass
        finally:
            if room:
                room.loop.call_soon_threadsafe(room.over.set)
        await asyncio.to_thread(self._thread.join, SLACK)
        if self._thread.is_alive():
            logger.warning("%s is held up: its thread is left behind", self._instance.name)

    async def _opened(self, seconds: float | None) -> _Room:
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._room)), seconds)

    def _all(
        self, events: Sequence[JsonObject], failed: Failed, only: Collection[str] | None
    ) -> list[EventResult]:
        return [self._instance.failed(event, failed, only) for event in events]

    def _run(self, start: Callable[[], Live]) -> None:
        asyncio.run(self._serve(start))

    async def _serve(self, start: Callable[[], Live]) -> None:
        try:
            room = _Room(asyncio.get_running_loop(), start(), asyncio.Event())
        except BaseException as error:  # noqa: BLE001 - it is raised where the instance is used
            self._room.set_exception(error)
            return
        self._room.set_result(room)
        await room.over.wait()
