"""Runner: delivers a stream of lines, many events at a time, and reports each outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from destination_kit._event_ids import read_id
from destination_kit.delivery.event_filter import create_event_filter
from destination_kit.delivery.events import (
    DeliveryRequest,
    InvalidLine,
    read_delivery_request,
    read_moment,
)
from destination_kit.delivery.outcomes import Outcome, failed_results
from destination_kit.delivery.resume import EventMismatchError, event_key
from destination_kit.delivery.retry import RetryPolicy
from destination_kit.delivery.sender import EventSender, Slot
from destination_kit.delivery.settings_failures import SettingsFailureCounter, SettingsFailures
from destination_kit.delivery.text_decoder import SourceError
from destination_kit.results import EventResult, Skipped

if TYPE_CHECKING:
    from collections.abc import Collection

    from destination_kit._json import JsonObject
    from destination_kit.delivery.deduplication import EarlierLine, MessageIdIndex
    from destination_kit.delivery.lines import Line
    from destination_kit.delivery.outcomes import OutcomeListener
    from destination_kit.delivery.resume import KnownLine, ResultsIndex
    from destination_kit.delivery.source import LineSource
    from destination_kit.runtime import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a run: how many events are in flight, and how long each may take."""

    #: Events in flight that share no call with other events; each sends requests of its own. As
    #: many more may be sent again at the same time.
    concurrency: int = 16
    #: Events in flight in all, those that wait for a retry included.
    window: int = 500
    #: Seconds of one attempt.
    deadline: float = 30.0
    #: When failed events are sent again.
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    #: Failures in a row of one subscription and code, with the remedy `settings`, that stop the
    #: run. Rejected credentials stop it at once.
    max_failures: int = 50


@dataclass(frozen=True, slots=True)
class Completed:
    """Work that a run does not repeat."""

    #: Lines that an earlier run has recorded; None where there was none.
    results: ResultsIndex | None = None
    #: Finds events that stand in the stream twice; None delivers each of them.
    message_ids: MessageIdIndex | None = None

    def find_known_line(
        self, line: Line, request: DeliveryRequest | InvalidLine
    ) -> KnownLine | None:
        """Return what an earlier run has recorded of a line; see `ResultsIndex.take`."""
        if self.results is None:
            return None
        return self.results.take(line, request_key(request))

    def register(
        self, line: Line, known: KnownLine, request: DeliveryRequest | InvalidLine
    ) -> None:
        """Let later lines with the event of a final line be found as its duplicates."""
        if isinstance(request, DeliveryRequest):
            self.find_earlier_line(request, line.number)
            self.mark_failed(request, known.failed_subscriptions)

    def find_earlier_line(self, request: DeliveryRequest, number: int) -> EarlierLine | None:
        """Return the earlier line with the same event for the same subscriptions, else None.

        Events are the same if they have the same `messageId`; see `read_id`.
        """
        key = request_key(request)
        return self.message_ids.add(key, number) if self.message_ids and key else None

    def mark_failed(self, request: DeliveryRequest, subscriptions: Collection[str]) -> None:
        """Let the event of a later line go to the subscriptions in which it failed."""
        key = request_key(request)
        if self.message_ids and key and subscriptions:
            self.message_ids.mark_failed(key, subscriptions)


def request_key(request: DeliveryRequest | InvalidLine) -> str | None:
    """Return the `event_key` of a line, None for one that holds no event."""
    if isinstance(request, InvalidLine):
        return None
    return event_key(read_id(request.event, "messageId"), request.only)


async def deliver_lines(
    live: Live,
    source: LineSource,
    limits: Limits,
    completed: Completed,
    listener: OutcomeListener,
) -> SettingsFailures | None:
    """Deliver the event of each line, and pass each outcome to the listener.

    The listener gets the outcome of a line when it is final, or open because the run ended before
    it was. Lines that `completed` has final results for are skipped without an outcome.
    Reading stops at the end of the source, when `source.stop` is called, when the partner rejects
    the credentials, and after `limits.max_failures` failures in a row that only mended settings
    can remove, which are returned. Events in flight are then finished, without further retries.

    Raises `EventMismatchError` where the lines are not those of the results to resume, and
    `SourceError` where the source cannot be read further; events in flight are finished first.
    An exception of the source or listener, an `OSError` mostly, cancels the events in flight and
    arrives in an `ExceptionGroup`.
    """
    window = _Window(live, source, limits, completed, listener)
    # A `TaskGroup` cancels its tasks when its body raises, and events in flight would lose their
    # results. So these are raised after the group.
    errors: list[SourceError | EventMismatchError] = []
    async with asyncio.TaskGroup() as group:
        await window.reserve()
        async for line in _read_lines(source, errors):
            request = read_delivery_request(line)
            try:
                known = completed.find_known_line(line, request)
            except EventMismatchError as mismatch:
                errors.append(mismatch)
                break
            if known and known.partial is None:
                completed.register(line, known, request)
                # Reading a file never suspends. Without this, the events in flight would make no
                # progress while a long run of lines is skipped.
                await asyncio.sleep(0)
            elif slot := await window.admit(line, request):
                group.create_task(window.deliver(line, request, slot, known))
                await window.reserve()
    if errors:
        raise errors.pop()
    return window.settings_failures


async def _read_lines(
    source: LineSource, errors: list[SourceError | EventMismatchError]
) -> AsyncIterator[Line]:
    """Yield the lines of a source; where it cannot be read further, end and add the error."""
    try:
        async for line in source.lines():
            yield line
    except SourceError as error:
        errors.append(error)


class _Window:
    """Lines in flight: those that were read and are not final, in the order of the stream."""

    def __init__(
        self,
        live: Live,
        source: LineSource,
        limits: Limits,
        completed: Completed,
        listener: OutcomeListener,
    ) -> None:
        self._live = live
        self._source = source
        self._completed = completed
        self._listener = listener
        self._filter = create_event_filter(live.plan)
        self._sender = EventSender(
            live,
            listener,
            source.stop_event,
            deadline=limits.deadline,
            retry_policy=limits.retry,
        )
        self._slots = asyncio.Semaphore(limits.window)
        self._unshared_slots = asyncio.Semaphore(limits.concurrency)
        self._retry_slots = asyncio.Semaphore(limits.concurrency)
        # `low_water` asks for the oldest line in flight with each outcome. The first key of a dict
        # is the oldest, but a set would have to be searched.
        self._numbers: dict[int, None] = {}
        #: Line in flight -> set when it is over. Only lines that a duplicate waits for are here.
        self._waited_for: dict[int, asyncio.Event] = {}
        self._settings_failures = SettingsFailureCounter(limits.max_failures)
        #: The failures that stopped the run, if any did.
        self.settings_failures: SettingsFailures | None = None

    def low_water(self, finished: int | None = None) -> int:
        """Return the number up to which all lines are final, once line `finished` is."""
        in_flight = (number for number in self._numbers if number != finished)
        return next(in_flight, self._source.line_number + 1) - 1

    async def reserve(self) -> None:
        """Reserve a slot for the next line; wait until one is free."""
        await self._slots.acquire()

    async def admit(self, line: Line, request: DeliveryRequest | InvalidLine) -> Slot | None:
        """Return the slot of a line once it may be sent, None if the source was stopped meanwhile."""
        shared, unshared = self._split_by_calls(request)
        slot = Slot(self._unshared_slots, self._retry_slots, shared) if unshared else Slot()
        # An event with both waits for a place later, for its own requests only. A wait here would
        # keep the following events out of its batch.
        if unshared and not shared:
            # A line that waits for a slot is not in `_numbers` yet, so the low-water mark would
            # pass it. A run that is killed meanwhile would then lose it. `unread` prevents that.
            self._source.unread(line)
            await slot.acquire()
            if self._source.is_stopped:
                return None
            self._source.reread(line)
        self._numbers[line.number] = None
        return slot

    async def deliver(
        self,
        line: Line,
        request: DeliveryRequest | InvalidLine,
        slot: Slot,
        known: KnownLine | None = None,
    ) -> None:
        """Deliver what is left of a line, report its outcome, and free its slots."""
        try:
            outcome = await self._send(line, request, slot, known)
            if outcome:
                was = known.number if known and known.number != line.number else None
                only = request.only if isinstance(request, DeliveryRequest) else None
                outcome = replace(outcome, digest=line.digest, earlier_number=was, only=only)
                self._report(outcome, request)
        finally:
            if waited_for := self._waited_for.pop(line.number, None):
                waited_for.set()
            self._slots.release()
            slot.release()

    def _report(self, outcome: Outcome, request: DeliveryRequest | InvalidLine) -> None:
        row = self._settings_failures.add(outcome.result)
        if outcome.is_unauthorized or row:
            self.settings_failures = self.settings_failures or row
            self._source.stop()
        if isinstance(request, DeliveryRequest) and not outcome.is_open:
            names = [result.subscription for result in failed_results(outcome.result)]
            self._completed.mark_failed(request, names)
        finished = None if outcome.is_interrupted else outcome.line.number
        self._listener.on_outcome(replace(outcome, low_water=self.low_water(finished)))
        # A line that was interrupted, or whose result the listener could not record, stays in
        # `_numbers`. Otherwise the low-water mark would pass it, and a resumed run would skip it.
        if finished:
            del self._numbers[finished]

    def _report_pending(
        self, request: DeliveryRequest, known: KnownLine | None, outcome: Outcome
    ) -> None:
        low_water, line = self.low_water(), outcome.line
        was = known.number if known and known.number != line.number else None
        identified = replace(
            outcome, digest=line.digest, earlier_number=was, only=request.only, low_water=low_water
        )
        self._listener.on_pending(identified)

    def _split_by_calls(
        self, request: DeliveryRequest | InvalidLine
    ) -> tuple[frozenset[str], frozenset[str]]:
        if isinstance(request, InvalidLine):
            return frozenset(), frozenset()
        shared, unshared = self._live.split_by_calls(request.event)
        only = request.only
        return (shared, unshared) if only is None else (shared & {*only}, unshared & {*only})

    async def _send(
        self,
        line: Line,
        request: DeliveryRequest | InvalidLine,
        slot: Slot,
        known: KnownLine | None,
    ) -> Outcome | None:
        """Return the outcome of a line, None where the run ends before its turn."""
        if isinstance(request, InvalidLine):
            return Outcome(request.line, EventResult(), invalid_line=request.failure)
        if refusal := self._filter.refusal(request.event):
            result = EventResult(skipped=Skipped(refusal))
            return Outcome(line, result, request.event, refusal=refusal)
        earlier = self._completed.find_earlier_line(request, line.number)
        while earlier and not earlier.failed_subscriptions:
            slot.release()
            if not await self._is_over(earlier.number):
                return None
            again = self._completed.find_earlier_line(request, line.number)
            if again == earlier:
                return _duplicate(line, request.event, earlier.number)
            earlier = again
        remaining = _remaining(request, known)
        if earlier and remaining.only is None:
            remaining = replace(remaining, only=earlier.failed_subscriptions)
        on_pending = partial(self._report_pending, request, known)
        return await self._sender.send(line, remaining, slot, on_pending)

    async def _is_over(self, number: int) -> bool:
        """Wait until a line is over; return whether it has a result that will be kept."""
        if number in self._numbers:
            await self._waited_for.setdefault(number, asyncio.Event()).wait()
        return number not in self._numbers


def _remaining(request: DeliveryRequest, known: KnownLine | None) -> DeliveryRequest:
    """Return what an earlier run has left to deliver of an event."""
    partial = known.partial if known else None
    if not partial:
        return request
    only = request.only if partial.open_subscriptions is None else partial.open_subscriptions
    return DeliveryRequest(
        request.event,
        only,
        partial.attempts,
        partial.unknown_attempts,
        partial.jobs,
        partial.unknown,
        read_moment(partial.received_at),
    )


def _duplicate(line: Line, event: JsonObject, earlier_line: int) -> Outcome:
    message_id = read_id(event, "messageId")
    skipped = Skipped(f"the event {message_id} is on line {earlier_line} already")
    return Outcome(line, EventResult(skipped=skipped), event, is_duplicate=True)
