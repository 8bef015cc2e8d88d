"""Worker: attempts each request of a router once, many at a time, and answers it with a line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from destination_kit.delivery.attempts import attempt_event, fail_invalid_message
from destination_kit.delivery.event_filter import create_event_filter
from destination_kit.delivery.events import InvalidLine
from destination_kit.delivery.runner import Limits
from destination_kit.delivery.user_order import user_key
from destination_kit.delivery.worker_lines import (
    InvalidRequest,
    WorkerRequest,
    error_line,
    fault_line,
    read_request,
    result_line,
    skipped_line,
)
from destination_kit.results import SETTINGS_RETRY_AFTER

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.delivery.lines import Line
    from destination_kit.runtime import Live

logger = logging.getLogger("destination_kit")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """Bounds of a worker, and when it wants an event again."""

    #: Requests that are read and not answered, and the time of one attempt.
    limits: Limits = field(default_factory=Limits)
    #: Seconds before a further attempt of an event that waits for mended settings.
    settings_pause: float = SETTINGS_RETRY_AFTER


class Worker:
    """Answers the requests of one router.

    A request is read when there is room for it, and has room until `write` has written its line.
    So a router that reads no results is not read from. Events of one user are sent one after the
    other, in the order of their lines.
    """

    def __init__(
        self,
        live: Live,
        write: Callable[[JsonObject], Awaitable[None]],
        options: WorkerOptions,
        stop_event: asyncio.Event,
    ) -> None:
        self._live = live
        self._write = write
        self._options = options
        #: Once it is set, nothing further is read or sent; what is being sent is answered.
        self._stop_event = stop_event
        self._filter = create_event_filter(live.plan)
        self._room = asyncio.Semaphore(options.limits.window)
        self._unshared_slots = asyncio.Semaphore(options.limits.concurrency)
        # A weak reference drops the lock of a user without events in flight.
        self._user_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        #: Why no further result can be written; None while they can.
        self.write_error: OSError | None = None

    async def run(self, lines: AsyncIterator[Line]) -> None:
        """Answer every line, until they end or `stop_event` is set."""
        async with asyncio.TaskGroup() as group:
            await self._room.acquire()
            async for line in lines:
                if self._stop_event.is_set():
                    break
                group.create_task(self._answer(line))
                await self._room.acquire()

    async def _answer(self, line: Line) -> None:
        try:
            request = read_request(line)
            if isinstance(request, InvalidRequest):
                await self._write_line(error_line(request))
            else:
                await self._answer_request(request)
        finally:
            self._room.release()

    async def _answer_request(self, request: WorkerRequest) -> None:
        async with AsyncExitStack() as turn:
            await self._enter_turn(turn, request)
            # The router keeps an event that has no result line, and gives it to the next worker.
            if not self._stop_event.is_set():
                await self._write_line(await self._attempt(request))

    async def _enter_turn(self, turn: AsyncExitStack, request: WorkerRequest) -> None:
        """Wait for the earlier events of the user, and for a slot where the event needs its own."""
        if request.event is None:
            return
        if key := user_key(request.event):
            await turn.enter_async_context(self._user_locks.setdefault(key, asyncio.Lock()))
        shared, unshared = self._live.split_by_calls(request.event)
        # An event that shares a call with others waits for them, and would keep the slot for that.
        if unshared and not shared:
            await turn.enter_async_context(self._unshared_slots)

    async def _attempt(self, request: WorkerRequest) -> JsonObject:
        queued, limits = request.queued, self._options.limits
        if isinstance(queued, InvalidLine):
            return result_line(request, fail_invalid_message(queued))
        if refusal := self._filter.refusal(queued.request.event):
            return skipped_line(request, refusal)
        try:
            attempt = await attempt_event(
                self._live,
                queued,
                limits.retry,
                deadline=limits.deadline,
                settings_pause=self._options.settings_pause,
            )
        except Exception as error:
            logger.exception("the attempt of request %r failed", request.id)
            return fault_line(request, f"the attempt ended with {type(error).__name__}")
        return result_line(request, attempt)

    async def _write_line(self, line: JsonObject) -> None:
        if self.write_error:
            return
        try:
            await self._write(line)
        except OSError as error:
            # The router has gone. What it gets no result of it sends again, so nothing further is
            # sent now.
            self.write_error = self.write_error or error
            self._stop_event.set()
