"""Events from lines to results, some of them in flight at a time."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from destination_kit.cli.events import read_event
from destination_kit.results import EventResult, Failed
from destination_kit.runtime import INVALID_AUTHENTICATION

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.cli.lines import Line, Source
    from destination_kit.runtime import Live


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a line: an event with its result, or a broken line."""

    line: Line
    result: EventResult
    event: JsonObject | None = field(default=None, repr=False)
    broken: Failed | None = None

    @property
    def failed(self) -> bool:
        """Whether anything went wrong."""
        return self.broken is not None or not self.result.ok

    @property
    def refused(self) -> bool:
        """Whether the partner did not know us, so that the event is still to be sent."""
        return any(each.code == INVALID_AUTHENTICATION for each in self.result.failures)


Finish: TypeAlias = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many events are in flight at a time, and how many seconds each may take."""

    concurrency: int = 16
    deadline: float = 30.0


async def deliver_lines(
    live: Live, source: Source, pace: Pace, done: Container[int], finish: Finish
) -> None:
    """Send the event of each line that is not done, and finish each as soon as it is final.

    Reading stops when the credentials are refused; what is in flight then is finished.
    """
    slots = asyncio.Semaphore(pace.concurrency)

    async def deliver(line: Line) -> None:
        try:
            outcome = await _outcome(live, line, pace.deadline)
            if outcome.refused:
                source.stop()
            finish(outcome)
        finally:
            slots.release()

    async with asyncio.TaskGroup() as group:
        await slots.acquire()
        async for line in source.lines():
            if line.number not in done:
                group.create_task(deliver(line))
                await slots.acquire()


async def _outcome(live: Live, line: Line, deadline: float) -> Outcome:
    event = read_event(line)
    if isinstance(event, Failed):
        return Outcome(line, EventResult(), broken=event)
    [result] = await live.send([event], deadline=deadline)
    return Outcome(line, result, event)


@contextmanager
def stopping(source: Source) -> Iterator[None]:
    """Let Ctrl-C or SIGTERM stop the reading, and a second one end everything at once."""
    loop, task, signals = asyncio.get_running_loop(), asyncio.current_task(), count(1)

    def interrupted() -> None:
        source.stop()
        if next(signals) > 1 and task:
            task.cancel()

    with suppress(NotImplementedError):  # no such handlers on Windows: Ctrl-C ends at once there
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, interrupted)
    try:
        yield
    finally:
        with suppress(NotImplementedError):
            for each in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(each)
