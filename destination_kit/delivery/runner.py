"""Runner: delivers a stream of lines, many events at a time, and reports each outcome."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from destination_kit.delivery.events import DeliveryRequest, InvalidLine, read_delivery_request
from destination_kit.delivery.outcomes import Outcome
from destination_kit.delivery.resume import EventMismatchError, ResultsIndex
from destination_kit.delivery.retry import RetryPolicy
from destination_kit.delivery.sender import EventSender
from destination_kit.results import EventResult, Skipped

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.delivery.deduplication import MessageIdIndex
    from destination_kit.delivery.outcomes import OutcomeListener
    from destination_kit.delivery.source import Line, LineSource
    from destination_kit.runtime import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a run: how many events are in flight, and how long each may take."""

    #: Events in flight that share no call with other events; each sends requests of its own.
    concurrency: int = 16
    #: Events in flight in all, those that wait for a retry included.
    window: int = 500
    #: Seconds of one attempt.
    deadline: float = 30.0
    #: When failed events are sent again.
    retry: RetryPolicy = field(default_factory=RetryPolicy)


@dataclass(frozen=True, slots=True)
class Completed:
    """Work that a run does not repeat."""

    #: Lines that have a result from an earlier run; by default none.
    results: ResultsIndex = field(default_factory=ResultsIndex)
    #: Finds events that stand in the stream twice; None delivers each of them.
    message_ids: MessageIdIndex | None = None

    def remaining(
        self, request: DeliveryRequest | InvalidLine, number: int
    ) -> DeliveryRequest | InvalidLine:
        """Return what an earlier run has left to deliver of a line."""
        partial = self.results.take_partial(number)
        if not partial or not isinstance(request, DeliveryRequest):
            return request
        return DeliveryRequest(
            request.event, partial.open_subscriptions, partial.attempts, partial.unknown_attempts
        )

    def find_first_line(self, request: DeliveryRequest, number: int) -> int | None:
        """Return the earlier line with the same event for the same subscriptions, else None.

        Events are the same if they have the same `messageId`, a text that is not empty.
        """
        message_id = request.event.get("messageId")
        if self.message_ids is None or not isinstance(message_id, str) or not message_id:
            return None
        key = "\0".join((message_id, *sorted(request.only or ())))
        return self.message_ids.add(key, number)


async def deliver_lines(
    live: Live,
    source: LineSource,
    limits: Limits,
    completed: Completed,
    listener: OutcomeListener,
) -> None:
    """Deliver the event of each line, and pass each outcome to the listener.

    The listener gets the outcome of a line when it is final, or open because the run ended before
    it was. Lines that `completed` has final results for are skipped without an outcome.
    Reading stops at the end of the source, when `source.stop` is called, and when the partner
    rejects the credentials. Events in flight are then finished, without further retries.

    Raises `EventMismatchError` where a line holds another event than an earlier run found there.
    An exception of the source or listener, an `OSError` mostly, cancels the events in flight and
    arrives in an `ExceptionGroup`.
    """
    window = _Window(live, source, limits, listener)
    mismatch: EventMismatchError | None = None
    async with asyncio.TaskGroup() as group:
        await window.reserve()
        async for line in source.lines():
            final_line = completed.results.take_final(line.number)
            request = read_delivery_request(line)
            event = request.event if isinstance(request, DeliveryRequest) else {}
            if final_line and final_line.has_other_event(message_id := event.get("messageId")):
                # A `TaskGroup` cancels its tasks when its body raises, and events in flight would
                # lose their results. So the exception is raised after the group.
                mismatch = EventMismatchError(line.number, str(message_id))
                break
            first_line = (
                completed.find_first_line(request, line.number)
                if isinstance(request, DeliveryRequest)
                else None
            )
            if final_line or first_line:
                if first_line and not final_line:
                    listener.on_outcome(_duplicate(line, event, first_line, window.low_water()))
                # Reading a file never suspends. Without this, the events in flight would make no
                # progress while a long run of lines is skipped.
                await asyncio.sleep(0)
            elif await window.admit(line, request):
                group.create_task(window.deliver(line, completed.remaining(request, line.number)))
                await window.reserve()
    if mismatch:
        raise mismatch


class _Window:
    """Lines in flight: those that were read and are not final, in the order of the stream."""

    def __init__(
        self, live: Live, source: LineSource, limits: Limits, listener: OutcomeListener
    ) -> None:
        self._live = live
        self._source = source
        self._listener = listener
        self._sender = EventSender(
            live,
            listener,
            source.stop_event,
            deadline=limits.deadline,
            retry_policy=limits.retry,
        )
        self._slots = asyncio.Semaphore(limits.window)
        self._unshared_slots = asyncio.Semaphore(limits.concurrency)
        # `low_water` asks for the oldest line in flight with each outcome. The first key of a dict
        # is the oldest, but a set would have to be searched.
        self._numbers: dict[int, None] = {}

    def low_water(self, finished: int | None = None) -> int:
        """Return the number up to which all lines are final, once line `finished` is."""
        in_flight = (number for number in self._numbers if number != finished)
        return next(in_flight, self._source.line_number + 1) - 1

    async def reserve(self) -> None:
        """Reserve a slot for the next line; wait until one is free."""
        await self._slots.acquire()

    async def admit(self, line: Line, request: DeliveryRequest | InvalidLine) -> bool:
        """Admit a line once it may be sent; return False if the source was stopped meanwhile."""
        if self._is_unshared(request):
            # A line that waits for a slot is not in `_numbers` yet, so the low-water mark would
            # pass it. A run that is killed meanwhile would then lose it. `unread` prevents that.
            self._source.unread(line)
            await self._unshared_slots.acquire()
            if self._source.is_stopped:
                return False
            self._source.reread(line)
        self._numbers[line.number] = None
        return True

    async def deliver(self, line: Line, request: DeliveryRequest | InvalidLine) -> None:
        """Deliver a line, report its outcome, and free its slots."""
        try:
            outcome = await self._send(line, request)
            if outcome.is_unauthorized:
                self._source.stop()
            finished = None if outcome.is_open else line.number
            self._listener.on_outcome(replace(outcome, low_water=self.low_water(finished)))
            # A line that is open, or whose result the listener could not record, stays in
            # `_numbers`. Otherwise the low-water mark would pass it, and a resumed run would skip
            # it.
            if finished:
                del self._numbers[finished]
        finally:
            self._slots.release()
            if self._is_unshared(request):
                self._unshared_slots.release()

    def _is_unshared(self, request: DeliveryRequest | InvalidLine) -> bool:
        return isinstance(request, DeliveryRequest) and not self._live.shares_calls(request.event)

    async def _send(self, line: Line, request: DeliveryRequest | InvalidLine) -> Outcome:
        if isinstance(request, InvalidLine):
            return Outcome(request.line, EventResult(), invalid_line=request.failure)
        return await self._sender.send(line, request)


def _duplicate(line: Line, event: JsonObject, first_line: int, low_water: int) -> Outcome:
    skipped = Skipped(f"the event {event['messageId']} is on line {first_line} already")
    result = EventResult(skipped=skipped)
    return Outcome(line, result, event, is_duplicate=True, low_water=low_water)
