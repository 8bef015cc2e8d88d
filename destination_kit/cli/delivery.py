"""Events from lines to results, some of them in flight at a time."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from destination_kit.cli.done import Done
from destination_kit.cli.letters import Broken, Errand, read_errand
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


class OtherEvent(Exception):  # noqa: N818 - it says what was found
    """A line that is done held another event then: these are not the same events."""

    def __init__(self, line: int, message_id: str) -> None:
        super().__init__(f"line {line} is {message_id}")
        self.line = line


Finish: TypeAlias = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many events are in flight at a time, and how many seconds each may take."""

    concurrency: int = 16
    deadline: float = 30.0


async def deliver_lines(live: Live, source: Source, pace: Pace, done: Done, finish: Finish) -> None:
    """Send the event of each line that is not done, and finish each as soon as it is final.

    Reading stops when the credentials are refused, and at a line that was another event when it
    was done (`OtherEvent`); what is in flight then is finished.
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

    other: OtherEvent | None = None
    async with asyncio.TaskGroup() as group:
        await slots.acquire()
        async for line in source.lines():
            if line.number not in done:
                group.create_task(deliver(line))
                await slots.acquire()
            elif other := _other_event(line, done):
                break
    if other:
        raise other


async def _outcome(live: Live, line: Line, deadline: float) -> Outcome:
    errand = read_errand(line)
    if isinstance(errand, Broken):
        return Outcome(errand.line, EventResult(), broken=errand.failed)
    [result] = await live.send([errand.event], deadline=deadline, only=errand.only)
    return Outcome(line, result, errand.event)


def _other_event(line: Line, done: Done) -> OtherEvent | None:
    errand = read_errand(line) if done.is_named(line.number) else None
    message_id = errand.event.get("messageId") if isinstance(errand, Errand) else None
    if not done.is_other(line.number, message_id):
        return None
    return OtherEvent(line.number, str(message_id))


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
