"""Events from lines to results, some of them in flight at a time."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Protocol

from destination_kit.delivery.events import Broken, DeliveryRequest, read_delivery_request
from destination_kit.delivery.outcomes import Outcome
from destination_kit.delivery.resume import Done
from destination_kit.delivery.retry import Board, Retries
from destination_kit.results import EventResult, Skipped

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.delivery.deduplication import Seen
    from destination_kit.delivery.source import Line, Source
    from destination_kit.runtime import Live


class OtherEvent(Exception):  # noqa: N818 - it says what was found
    """A line that is done held another event then: these are not the same events."""

    def __init__(self, line: int, message_id: str) -> None:
        super().__init__(f"line {line} is {message_id}")
        self.line = line


class Desk(Board, Protocol):
    """Where the outcomes of a run go."""

    def enter(self, outcome: Outcome) -> None:
        """Take what became of a line."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many events may be in flight, and how many seconds each may take.

    `window` counts all of them; `concurrency` those that share no call with others. `deadline`
    holds for one try, `retry_for` for all.
    """

    concurrency: int = 16
    window: int = 500
    deadline: float = 30.0
    retry_for: float = 0.0


@dataclass(frozen=True, slots=True)
class Completed:
    """What is not to be sent again: lines that are `done`, and events `seen` earlier in the file.

    Without `seen` an event is sent as often as it is there.
    """

    done: Done = field(default_factory=Done)
    seen: Seen | None = None

    def rest(self, errand: DeliveryRequest | Broken, line: int) -> DeliveryRequest | Broken:
        """Return what an earlier run has left of an errand."""
        part = self.done.part(line)
        if not part or not isinstance(errand, DeliveryRequest):
            return errand
        return DeliveryRequest(errand.event, part.only, part.tries, part.unknown)

    def first(self, errand: DeliveryRequest, line: int) -> int | None:
        """Return the earlier line of the same event for the same subscriptions, if there is one."""
        message_id = errand.event.get("messageId")
        if self.seen is None or not isinstance(message_id, str) or not message_id:
            return None  # an empty text names no event
        return self.seen.add("\0".join((message_id, *sorted(errand.only or ()))), line)


async def deliver_lines(
    live: Live, source: Source, pace: Limits, past: Completed, desk: Desk
) -> None:
    """Send the event of each line that is not done, and finish each as soon as it is final.

    Reading stops when the credentials are refused, and at a line that was another event when it
    was done (`OtherEvent`); what is in flight then is finished.
    """
    flight = _Flight(live, source, pace, desk)
    other: OtherEvent | None = None
    async with asyncio.TaskGroup() as group:
        await flight.room()
        async for line in source.lines():
            mark = past.done.take(line.number)
            errand = read_delivery_request(line)
            event = errand.event if isinstance(errand, DeliveryRequest) else {}
            if mark and mark.differs(message_id := event.get("messageId")):
                other = OtherEvent(line.number, str(message_id))
                break
            first = past.first(errand, line.number) if isinstance(errand, DeliveryRequest) else None
            if mark or first:
                if first and not mark:
                    desk.enter(_duplicate(line, event, first, flight.low_water()))
                await asyncio.sleep(0)  # what is in flight goes on meanwhile
            elif await flight.enter(line, errand):
                group.create_task(flight.deliver(line, past.rest(errand, line.number)))
                await flight.room()
    if other:
        raise other


class _Flight:
    """The lines that were read and are not final, in their order."""

    def __init__(self, live: Live, source: Source, pace: Limits, desk: Desk) -> None:
        self._live = live
        self._source = source
        self._desk = desk
        self._retries = Retries(
            live, source, desk, deadline=pace.deadline, retry_for=pace.retry_for
        )
        self._window = asyncio.Semaphore(pace.window)
        self._alone = asyncio.Semaphore(pace.concurrency)
        self._lines: dict[int, None] = {}

    def low_water(self, ending: int | None = None) -> int:
        """Return the line up to which all are final, once the line `ending` is."""
        waiting = (number for number in self._lines if number != ending)
        return next(waiting, self._source.number + 1) - 1

    async def room(self) -> None:
        """Take a place in the window for the next line, as soon as there is one."""
        await self._window.acquire()

    async def enter(self, line: Line, errand: DeliveryRequest | Broken) -> bool:
        """Take a line in, when it is its turn; return False where the reading has ended by then."""
        if self._is_alone(errand):
            self._source.put_back(line)
            await self._alone.acquire()
            if self._source.stopped:
                return False
            self._source.take_again(line)
        self._lines[line.number] = None
        return True

    async def deliver(self, line: Line, errand: DeliveryRequest | Broken) -> None:
        """Send the event of a line, finish it, and leave its place to another.

        A line that is still to be sent stays in flight; so does one whose result could not be
        written down, since the results of others must not pass it.
        """
        try:
            outcome = await self._outcome(line, errand)
            if outcome.refused:
                self._source.stop()
            ending = None if outcome.to_come else line.number
            self._desk.enter(replace(outcome, low_water=self.low_water(ending)))
            if ending:
                del self._lines[ending]
        finally:
            self._window.release()
            if self._is_alone(errand):
                self._alone.release()

    def _is_alone(self, errand: DeliveryRequest | Broken) -> bool:
        return isinstance(errand, DeliveryRequest) and not self._live.shares_calls(errand.event)

    async def _outcome(self, line: Line, errand: DeliveryRequest | Broken) -> Outcome:
        if isinstance(errand, Broken):
            return Outcome(errand.line, EventResult(), broken=errand.failed)
        sent = await self._retries.send(errand)
        return Outcome(
            line,
            sent.result,
            errand.event,
            tries=errand.tries + sent.tries,
            unknown=errand.unknown + sent.unknown,
            stopped=sent.stopped,
        )


def _duplicate(line: Line, event: JsonObject, first: int, low_water: int) -> Outcome:
    skipped = Skipped(f"the event {event['messageId']} is on line {first} already")
    result = EventResult(skipped=skipped)
    return Outcome(line, result, event, duplicate=True, low_water=low_water)


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
