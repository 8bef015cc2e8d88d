"""Admission: whether the host takes more events, by the state of its queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from destination_host.queue import Queue, QueueError

if TYPE_CHECKING:
    from destination_host.config.records import Limits
    from destination_host.queue import Stats

logger = logging.getLogger("destination_host")

#: Seconds between two looks at the queue. It takes at most that many more events than its limit.
_PAUSE: Final = 0.5
#: Seconds for which the queue may not answer. Only a disk that hangs takes so long.
_ANSWER_TIME: Final = 10.0
#: Seconds for which the writer may commit nothing while operations wait.
_STALLED: Final = 30.0


class Admission:
    """The limits of the queue, and whether one of them is reached.

    `watch` has to run meanwhile. `limits` may be replaced.
    """

    def __init__(self, queue: Queue, limits: Limits, *, answer_time: float = _ANSWER_TIME) -> None:
        self._queue = queue
        self._answer_time = answer_time
        self.limits = limits
        #: Why no event is taken and the host is not ready; empty while it is.
        self.reasons: tuple[str, ...] = ()
        #: The figures of the last look; None where the queue could not be read.
        self.stats: Stats | None = None

    async def watch(self) -> None:
        """Look at the queue again and again, until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_PAUSE)

    async def look(self) -> None:
        """Compare the queue with its limits."""
        self.stats, reasons = await self._look()
        if bool(reasons) != bool(self.reasons):
            state = f"refused: {'; '.join(reasons)}" if reasons else "taken again"
            logger.warning("new events are %s", state)
        self.reasons = reasons

    async def _look(self) -> tuple[Stats | None, tuple[str, ...]]:
        try:
            async with asyncio.timeout(self._answer_time):
                stats = await self._queue.stats()
        except QueueError as error:
            return None, (str(error),)
        except TimeoutError:
            return None, (f"the queue could not be read for {self._answer_time:,.0f} s",)
        return stats, tuple(self._find_reasons(stats))

    def _find_reasons(self, stats: Stats) -> Iterator[str]:
        limits = self.limits
        if stats.unfinished >= limits.unfinished:
            yield f"{stats.unfinished:,} deliveries are unfinished (limits.unfinished)"
        if stats.free_bytes is not None and stats.free_bytes < limits.free_bytes:
            yield f"the disk has {stats.free_bytes:,} bytes left (limits.freeBytes)"
        overdue = max((one.overdue for one in stats.instances.values()), default=0.0)
        if overdue > limits.overdue:
            yield f"the oldest delivery is {overdue:,.0f} s overdue (limits.overdue)"
        if stats.stalled_seconds > _STALLED:
            yield f"nothing was written for {stats.stalled_seconds:,.0f} s"
