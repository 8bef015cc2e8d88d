"""Dispatcher: one loop that takes deliveries for all instances, and a task for each that is sent."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from destination_host.queue.interface import Queue, QueueError
from destination_host.queue.records import Settlement, Taken
from destination_host.workers.attempt_records import describe_attempt
from destination_host.workers.attempt_reports import AttemptReport
from destination_host.workers.revisions import RevisionError, Revisions
from destination_host.workers.settling import (
    message_of,
    put_back,
    settle,
    settle_error,
    settle_lost_revision,
)
from destination_kit.delivery import RetryPolicy, attempt_delivery

if TYPE_CHECKING:
    from destination_kit import Live
    from destination_kit.delivery import Attempt

logger = logging.getLogger("destination_host")

#: Seconds until the queue is asked again when nothing was due, unless `wake` is called.
_IDLE_PAUSE: Final = 0.1
#: Seconds until a queue that cannot be used is tried again.
_BROKEN_PAUSE: Final = 1.0
#: Seconds until a delivery is attempted again that a mistake of the host or the kit ended.
_ERROR_PAUSE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchLimits:
    """How much is in flight, and how long an attempt may take."""

    #: Deliveries in flight of one instance.
    window: int = 200
    #: Seconds of one attempt.
    deadline: float = 30.0
    #: Pauses grow to five minutes; after four hours of attempts a delivery is dead.
    retry: RetryPolicy = field(default_factory=lambda: RetryPolicy(max_pause=300.0))


class Dispatcher:
    """Delivers what is in the queue, until it is stopped.

    `instances` may be replaced while it runs. A delivery in flight ends with the instance that it
    began with; one whose instance was closed goes again.
    """

    def __init__(
        self,
        queue: Queue,
        instances: Mapping[str, Live],
        limits: DispatchLimits | None = None,
        on_attempt: Callable[[AttemptReport], None] | None = None,
        revisions: Revisions | None = None,
    ) -> None:
        #: Name -> the open instance.
        self.instances = instances
        self._queue = queue
        self._limits = limits or DispatchLimits()
        self._on_attempt = on_attempt
        self._revisions = revisions or Revisions(queue, lambda instance: instance.open())
        self._in_flight: Counter[str] = Counter()
        self._tasks: dict[asyncio.Task[None], Taken] = {}
        self._settled: list[Settlement] = []
        self._wakeup = asyncio.Event()
        self._has_settled = asyncio.Event()
        self._is_stopping = False

    def wake(self) -> None:
        """Look into the queue at once, such as after a `put`."""
        self._wakeup.set()

    def stop(self) -> None:
        """Take nothing new; `run` returns when what is in flight is settled."""
        self._is_stopping = True
        self._wakeup.set()

    async def run(self, *, grace: float = 30.0) -> None:
        """Deliver until `stop`, then settle what ends within `grace` seconds; the rest goes back."""
        finisher = asyncio.create_task(self._finish_settled())
        try:
            while not self._is_stopping:
                await self._take()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=grace)
            await self._put_back_unfinished()
            while self._settled:
                await self._finish()
        finally:
            finisher.cancel()
            with suppress(asyncio.CancelledError):
                await finisher

    async def _take(self) -> None:
        """Start what is due; without any, wait for a call of `wake` or for a moment."""
        self._wakeup.clear()
        window = self._limits.window
        room = {name: window - self._in_flight[name] for name in self.instances}
        pause = _IDLE_PAUSE
        try:
            taken = await self._queue.take(room) if any(room.values()) else []
        except QueueError as error:
            logger.error("nothing can be delivered: %s", error)  # noqa: TRY400 - the message is the reason; a traceback adds nothing
            taken, pause = [], _BROKEN_PAUSE
        for one in taken:
            self._start(one)
        if not taken:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wakeup.wait(), pause)

    def _start(self, taken: Taken) -> None:
        live = self.instances.get(taken.instance)
        if live is None:  # a new configuration came without it during the take
            self._settle(put_back(taken, self._queue.now()))
            return
        self._in_flight[taken.instance] += 1
        task = asyncio.create_task(self._deliver(taken, live))
        self._tasks[task] = taken
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        taken = self._tasks.pop(task)
        self._in_flight[taken.instance] -= 1
        # The next take then shares the transaction in which these are finished.
        if self._in_flight[taken.instance] == self._limits.window // 2:
            self._wakeup.set()

    async def _deliver(self, taken: Taken, live: Live) -> None:
        started, began = self._queue.now(), monotonic()
        attempt: Attempt | None
        try:
            revision = taken.revision or self._revisions.current(taken.instance)
            async with self._revisions.choose(taken, live) as chosen:
                attempt = await attempt_delivery(
                    chosen,
                    message_of(taken),
                    self._limits.retry,
                    deadline=self._limits.deadline,
                    received_at=datetime.fromtimestamp(taken.received_at, UTC),
                    exchanges=True,
                )
            settlement = settle(taken, attempt, self._queue.now())
            record = describe_attempt(attempt.result, started, monotonic() - began)
            settlement = replace(settlement, attempt_record=record, revision=revision)
        except RevisionError as error:
            attempt, settlement = None, settle_lost_revision(taken, error)
        except Exception as error:
            is_replaced = live is not self.instances.get(taken.instance)
            if not is_replaced:
                logger.exception("delivery %d of %s failed", taken.delivery, taken.instance)
            due = self._queue.now() + (0.0 if is_replaced else _ERROR_PAUSE)
            attempt, settlement = None, settle_error(taken, error, due)
        self._settle(settlement)
        if self._on_attempt:
            report = AttemptReport(
                taken=taken,
                live=live,
                settlement=settlement,
                attempt=attempt,
                seconds=monotonic() - began,
            )
            self._on_attempt(report)

    def _settle(self, settlement: Settlement) -> None:
        self._settled.append(settlement)
        self._has_settled.set()

    async def _finish_settled(self) -> None:
        """Finish what was settled meanwhile, in one call at a time, and make room for more."""
        while True:
            await self._has_settled.wait()
            self._has_settled.clear()
            while self._settled:
                await self._finish()
            self._wakeup.set()

    async def _finish(self) -> None:
        settled, self._settled = self._settled, []
        try:
            await asyncio.shield(self._queue.finish(settled))
        except QueueError as error:
            # The partner has these events: they must not be sent again, so the queue is tried again.
            logger.error("%d results wait for the queue: %s", len(settled), error)  # noqa: TRY400 - the message is the reason
            self._settled = settled + self._settled
            await asyncio.sleep(_BROKEN_PAUSE)
        except asyncio.CancelledError:
            self._settled = settled + self._settled
            raise

    async def _put_back_unfinished(self) -> None:
        unfinished = dict(self._tasks)
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished)
        for taken in unfinished.values():
            self._settle(put_back(taken, self._queue.now()))
