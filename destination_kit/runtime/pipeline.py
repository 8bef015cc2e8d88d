"""The pipeline: prepare (trigger, resolve, clean, coerce, check), deliver, merge."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise, zip_longest
from time import monotonic
from typing import Any, Final, TypeAlias

from destination_kit._event_size import (
    MAX_EVENT_BYTES,
    MOST_JSON_BYTES,
    EventMeter,
    check_event_size,
)
from destination_kit._json import Json, JsonObject
from destination_kit.definitions import Context
from destination_kit.exchange_recorder import attach_exchanges, start_recording
from destination_kit.http import Client
from destination_kit.results import EventResult, Failed, SubscriptionResult
from destination_kit.runtime.batching import Batcher, bound_json_bytes
from destination_kit.runtime.date_warnings import DateWarnings
from destination_kit.runtime.delivery_http import DeliveryHttp
from destination_kit.runtime.dispatch import NO_MATCH, CompiledSubscription
from destination_kit.runtime.event_context import event_context
from destination_kit.runtime.executor import Executor, PendingDelivery
from destination_kit.runtime.failures import (
    fail_on_close,
    fail_on_deadline,
    fail_on_exception,
    fail_on_invalid_payload,
    outcome_of,
)
from destination_kit.runtime.instance_plan import InstancePlan
from destination_kit.runtime.reporting import Reporter
from destination_kit.send_options import SendOptions

logger = logging.getLogger("destination_kit")
# A `perform` can ignore its cancellation, and would hold the caller for ever. A clean-up without
# I/O takes one pass of the event loop, which 0.1 s allows for even under load.
GRACE: Final = 0.1

Prepared: TypeAlias = PendingDelivery | SubscriptionResult
"""A payload to deliver, or the result of an event that has none."""


class Pipeline:
    """The pipeline of an open instance.

    With `batching`, payloads of actions with `perform_batch` are gathered, those of different
    calls of `send` too.
    """

    def __init__(
        self,
        plan: InstancePlan,
        client: Client,
        reporter: Reporter | None,
        *,
        batching: bool = True,
        max_event_bytes: int = MAX_EVENT_BYTES,
    ) -> None:
        self._client = client
        self._max_event_bytes = max_event_bytes
        self._measure = EventMeter(max_event_bytes).measure
        self._small_event_bytes = max_event_bytes // MOST_JSON_BYTES
        self._candidates, self._find_matching = plan.candidates, plan.find_matching
        self._fail_unknown_names = plan.fail_unknown_names
        self._executor = Executor(client, plan.redact, reporter)
        self._batcher = Batcher(self._executor.execute_batch) if batching else None
        self._date_warnings = DateWarnings()
        self._in_flight: set[PendingDelivery] = set()
        #: Whether the instance is closed and its deliveries are cancelled.
        self.is_aborted = False

    async def send(
        self,
        context: Context,
        events: Sequence[JsonObject],
        until: float,
        options: SendOptions,
    ) -> list[EventResult]:
        """Return one result per event, in order, by `until` (in monotonic seconds) or soon after."""
        prepared: list[Prepared] = []
        ends = [0]
        for event in events:
            prepared.extend(self._prepare(context, event, options.get("only"), until))
            ends.append(len(prepared))
        _apply_earlier_attempts(prepared, ends, options)
        deliveries = [part for part in prepared if isinstance(part, PendingDelivery)]
        if not options.get("exchanges"):
            return _merge(prepared, await self._deliver(deliveries, until), ends)
        clients = [delivery.http for delivery in deliveries]
        start_recording(clients)
        delivered = await self._deliver(deliveries, until)
        return _merge(prepared, attach_exchanges(delivered, clients), ends)

    def split_by_calls(self, event: JsonObject) -> tuple[frozenset[str], frozenset[str]]:
        """Return the subscriptions that the event can start: those with batches, those without."""
        candidates = self._candidates(event)
        names = frozenset(compiled.subscription.name for compiled in candidates)
        batched = frozenset(
            compiled.subscription.name for compiled in candidates if self._takes_batches(compiled)
        )
        return batched, names - batched

    def abort(self) -> None:
        """Cancel every delivery in flight; its result says that the instance was closed."""
        self.is_aborted = True
        for delivery in self._in_flight:
            self._end(delivery)

    def _prepare(
        self, context: Context, event: JsonObject, only: Collection[str] | None, until: float
    ) -> Iterator[Prepared]:
        candidates = self._candidates(event)
        # To measure an event of 10 KB takes 14 µs, a third of its way through a batch.
        size = self._measure(event) if candidates else 0
        too_large = (
            check_event_size(event, size, self._max_event_bytes)
            if size > self._small_event_bytes
            else None
        )
        if too_large:
            failed = Failed("INVALID_EVENT", too_large)
            for compiled in self._find_matching(event, only):
                yield self._executor.finish(compiled, failed, context)
        else:
            for compiled in candidates:
                if only is None or compiled.subscription.name in only:
                    prepared = self._prepare_one(context, compiled, event, size, until)
                    if prepared is not None:
                        yield prepared
        if only is not None:
            yield from self._fail_unknown_names(only)

    def _prepare_one(
        self,
        context: Context,
        compiled: CompiledSubscription,
        event: JsonObject,
        size: int,
        until: float,
    ) -> Prepared | None:
        try:
            if not compiled.matches(event):
                return None
            payload, problems = compiled.prepare(event, size)
            payload_size = self._bound_size(compiled, payload)
            http = DeliveryHttp(self._client, until, (), (compiled, payload))
            own_context = event_context(context, compiled.subscription, event, http)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin's directive or a host's own Mapping may raise anything, and only the event may fail
            failed = fail_on_exception(error, self._executor.redact)
            return self._executor.finish(compiled, failed, context)
        if problems:
            return self._executor.finish(
                compiled, fail_on_invalid_payload(problems, self._executor.redact), context
            )
        if compiled.date_fields:
            self._date_warnings.check(compiled, payload)
        return PendingDelivery(compiled, payload, own_context, http, payload_size)

    def _bound_size(self, compiled: CompiledSubscription, payload: dict[str, Json]) -> int:
        if not self._takes_batches(compiled):
            return 0
        return bound_json_bytes(payload, self._measure(payload), compiled.subscription.batch)

    def _takes_batches(self, compiled: CompiledSubscription) -> bool:
        return self._batcher is not None and compiled.action.perform_batch is not None

    async def _deliver(
        self, deliveries: Sequence[PendingDelivery], until: float
    ) -> Sequence[SubscriptionResult]:
        started, monotonic_start = datetime.now(UTC), monotonic()
        # A batch that waited until the deadline would leave no time for its request. To give each a
        # half is our guess.
        flush_by = (monotonic_start + until) / 2
        for delivery in deliveries:
            self._start(delivery, flush_by)
        self._in_flight.update(deliveries)
        try:
            late = await _wait_for_results(deliveries, until)
        finally:
            self._in_flight.difference_update(deliveries)
            for delivery in deliveries:
                self._end(delivery)
        if late:
            await self._wait_for_cancellation(late)
        seconds, allowed_seconds = monotonic() - monotonic_start, until - monotonic_start
        return [
            self._result_of(delivery)
            if delivery.future.done() and not delivery.future.cancelled()
            else self._executor.finish(
                delivery.compiled,
                self._fail_unfinished(delivery, allowed_seconds),
                delivery.context,
                started,
                seconds,
            )
            for delivery in deliveries
        ]

    def _start(self, delivery: PendingDelivery, flush_by: float) -> None:
        if self._batcher is not None and self._takes_batches(delivery.compiled):
            delivery.future = asyncio.get_running_loop().create_future()
            self._batcher.add(delivery, flush_by)
        else:
            delivery.future = asyncio.create_task(self._executor.execute_one(delivery))

    def _end(self, delivery: PendingDelivery) -> None:
        delivery.http.is_over = True
        # asyncio logs an exception that no code has read, with its unmasked text. `cancel` turns
        # this off, even for a finished future (`Future.cancel` in asyncio/futures.py).
        if delivery.future.cancel() and self._batcher:
            self._batcher.discard(delivery)

    def _result_of(self, delivery: PendingDelivery) -> SubscriptionResult:
        error = delivery.future.exception()
        if error is None:
            return delivery.future.result()
        # The executor catches what authors' functions raise. An exception here is a fault of the
        # kit with an unmasked text, so the message has its type alone.
        message = f"{type(error).__name__} while its result was made"
        logger.warning("%s: %s", delivery.compiled.name, message)
        outcome = outcome_of(wrote=delivery.http.has_written)
        subscription = delivery.compiled.subscription
        failed = Failed("UNKNOWN_ERROR", message, remedy="code", outcome=outcome)
        return SubscriptionResult(subscription.name, subscription.action, failed)

    def _fail_unfinished(self, delivery: PendingDelivery, allowed_seconds: float) -> Failed:
        wrote = delivery.http.has_written
        if self.is_aborted:
            return fail_on_close(wrote=wrote)
        return fail_on_deadline(allowed_seconds, wrote=wrote)

    async def _wait_for_cancellation(self, late: Sequence[PendingDelivery]) -> None:
        """Wait a moment for cancelled tasks to end, and log each that does not, a batch once."""
        batches = self._batcher.cancelled.copy() if self._batcher else {}
        names = {delivery.future: delivery.compiled.name for delivery in late}
        tasks: dict[asyncio.Future[Any], str] = {**batches, **names}
        for task in (await asyncio.wait(tasks, timeout=GRACE))[1]:
            if task in names or (self._batcher and self._batcher.forget(task)):
                logger.warning("%s ignores its deadline", tasks[task])


async def _wait_for_results(
    deliveries: Sequence[PendingDelivery], until: float
) -> Sequence[PendingDelivery]:
    """Wait for every result until a time in monotonic seconds; return the unfinished deliveries."""
    # The members of a batch end together, so most need no wait. `asyncio.wait` would first add a
    # callback to each.
    for delivery in deliveries:
        if not delivery.future.done():
            await _wait_for(delivery.future, until - monotonic())
    return [delivery for delivery in deliveries if not delivery.future.done()]


async def _wait_for(future: asyncio.Future[Any], seconds: float) -> None:
    # `asyncio.wait` does the same for one future, but takes about 9 µs longer, for every event.
    # Before Python 3.12 `asyncio.get_running_loop` asks the system for the process, each time.
    loop = future.get_loop()
    waiter = loop.create_future()
    wake = partial(_wake, waiter)
    timer = loop.call_later(seconds, wake)
    future.add_done_callback(wake)
    try:
        await waiter
    finally:
        timer.cancel()
        future.remove_done_callback(wake)


def _apply_earlier_attempts(
    prepared: Sequence[Prepared], ends: Sequence[int], options: SendOptions
) -> None:
    """Give the deliveries of repeated events what earlier attempts left: jobs and doubts."""
    given = zip_longest(options.get("jobs", ()), options.get("unknown", ()))
    for (jobs, unknown), (start, end) in zip(given, pairwise(ends), strict=False):
        for part in prepared[start:end]:
            if isinstance(part, PendingDelivery):
                part.job = (jobs or {}).get(part.compiled.subscription.name)
                if part.compiled.subscription.name in (unknown or ()):
                    part.context = replace(part.context, outcome_unknown=True)


def _wake(waiter: asyncio.Future[None], _: object = None) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _merge(
    prepared: Sequence[Prepared], delivered: Iterable[SubscriptionResult], ends: Sequence[int]
) -> list[EventResult]:
    """Return the results by event; `ends` holds where each event's part of `prepared` ends."""
    following = iter(delivered)
    results = [next(following) if isinstance(part, PendingDelivery) else part for part in prepared]
    return [
        EventResult(tuple(results[start:end])) if start < end else NO_MATCH
        for start, end in pairwise(ends)
    ]
