"""The one pipeline: prepare (trigger, resolve, clean, coerce, check), deliver, merge."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from time import monotonic
from typing import Any, TypeAlias

from destination_kit._json import JsonObject
from destination_kit._redact import Redact
from destination_kit.definitions import Context
from destination_kit.http import Client
from destination_kit.results import EventResult, Failed, Skipped, SubscriptionResult
from destination_kit.runtime.batching import Batches, bytes_of
from destination_kit.runtime.delivery_http import DeliveryHttp
from destination_kit.runtime.dispatch import CompiledSubscription, Dispatch
from destination_kit.runtime.executor import Executor, PendingDelivery, Report
from destination_kit.runtime.failures import closed, failure, invalid, out_of_time, outcome_of

logger = logging.getLogger("destination_kit")
NO_MATCH = EventResult(skipped=Skipped("no enabled subscription matches the event"))
GRACE = 0.1  # seconds that a perform gets to let go once its deadline has come

Prepared: TypeAlias = PendingDelivery | SubscriptionResult


class Pipeline:
    """What an open instance runs.

    With `batching` payloads of actions that take batches are gathered, also those of different
    calls of `send`.
    """

    def __init__(
        self,
        client: Client,
        candidates: Dispatch,
        redact: Redact,
        report: Report,
        *,
        batching: bool = True,
    ) -> None:
        self._client = client
        self._candidates = candidates
        self._executor = Executor(client, redact, report)
        self._batches = Batches(self._executor.execute_batch) if batching else None
        self._under_way: set[PendingDelivery] = set()
        self.given_up = False

    async def send(
        self,
        context: Context,
        events: Sequence[JsonObject],
        deadline: float,
        only: Collection[str] | None = None,
    ) -> list[EventResult]:
        """Return one result per event, in order, hardly later than `deadline` seconds from now."""
        until = monotonic() + deadline
        prepared: list[Prepared] = []
        ends = [0]
        for event in events:
            prepared.extend(self._prepare(context, event, only, until))
            ends.append(len(prepared))
        ready = [each for each in prepared if isinstance(each, PendingDelivery)]
        return _merged(prepared, await self._deliver(ready, deadline), ends)

    def shares_calls(self, event: JsonObject) -> bool:
        """Return whether every delivery that this event may start would be part of a batch."""
        return all(map(self._is_batched, self._candidates(event)))

    def give_up(self) -> None:
        """End every delivery that is under way; its result says so."""
        self.given_up = True
        for each in self._under_way:
            self._leave(each)

    def _prepare(
        self, context: Context, event: JsonObject, only: Collection[str] | None, until: float
    ) -> Iterator[Prepared]:
        """Give, per subscription that wants the event, a payload or why there is none."""
        for route in self._candidates(event):
            if only is None or route.subscription.name in only:
                prepared = self._prepare_one(context, route, event, until)
                if prepared is not None:
                    yield prepared

    def _prepare_one(
        self, context: Context, route: CompiledSubscription, event: JsonObject, until: float
    ) -> Prepared | None:
        try:
            if not route.matches(event):
                return None
            payload, problems = route.prepare(event)
            size = bytes_of(payload, route.subscription.batch) if self._is_batched(route) else 0
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a hostile event costs itself only
            return self._executor.final(route, failure(error, self._executor.redact))
        if problems:
            return self._executor.final(route, invalid(problems))
        http, anonymous_id = DeliveryHttp(self._client, until), event.get("anonymousId")
        own = Context(
            settings=context.settings,
            http=http,
            received_at=context.received_at,
            anonymous_id=anonymous_id if isinstance(anonymous_id, str) else None,
            shared_state=context.shared_state,
        )
        return PendingDelivery(route, payload, own, http, size)

    def _is_batched(self, route: CompiledSubscription) -> bool:
        return self._batches is not None and route.action.perform_batch is not None

    async def _deliver(
        self, ready: Sequence[PendingDelivery], deadline: float
    ) -> Sequence[SubscriptionResult]:
        started, clock = datetime.now(UTC), monotonic()
        for each in ready:
            self._place(each, deadline)
        self._under_way.update(ready)
        try:
            late = await _late(ready, deadline)
        finally:
            self._under_way.difference_update(ready)
            for each in ready:
                self._leave(each)
        if late:
            await self._let_go(late)
        return self._results(ready, deadline, started, monotonic() - clock)

    def _results(
        self, ready: Sequence[PendingDelivery], deadline: float, started: datetime, seconds: float
    ) -> Sequence[SubscriptionResult]:
        return [
            self._told(each)
            if each.place.done() and not each.place.cancelled()
            else self._executor.final(
                each.route, self._unfinished(each, deadline), started, seconds
            )
            for each in ready
        ]

    def _told(self, ready: PendingDelivery) -> SubscriptionResult:
        """Return a result; where what a destination brought cannot even be told, that is told."""
        error = ready.place.exception()
        if error is None:
            return ready.place.result()
        message = f"{type(error).__name__} where its result was told"
        logger.warning("%s: %s", ready.route.name, message)
        failed = Failed("UNKNOWN_ERROR", message, outcome=outcome_of(wrote=ready.http.wrote))
        subscription = ready.route.subscription
        return SubscriptionResult(subscription.name, subscription.action, failed)

    def _unfinished(self, ready: PendingDelivery, deadline: float) -> Failed:
        wrote = ready.http.wrote
        return closed(wrote=wrote) if self.given_up else out_of_time(deadline, wrote=wrote)

    def _place(self, ready: PendingDelivery, deadline: float) -> None:
        """Make the place where the result will be; cancelling that ends the delivery."""
        if self._batches is not None and self._is_batched(ready.route):
            self._batches.join(ready, deadline)
        else:
            ready.place = asyncio.create_task(self._executor.execute_one(ready))

    def _leave(self, ready: PendingDelivery) -> None:
        ready.http.over = True
        # Where it is done as well: or asyncio would log an exception that nobody asks for any more.
        if ready.place.cancel() and self._batches:
            self._batches.left(ready)

    async def _let_go(self, late: Sequence[PendingDelivery]) -> None:
        """Give what was cancelled a moment to end, and name what does not, a batch only once."""
        batches = self._batches.leaving.copy() if self._batches else {}
        names = {each.place: each.route.name for each in late}
        left: dict[asyncio.Future[Any], str] = {**batches, **names}
        for stuck in (await asyncio.wait(left, timeout=GRACE))[1]:
            if stuck in names or (self._batches and self._batches.forget(stuck)):
                logger.warning("%s ignores its deadline", left[stuck])


async def _late(ready: Sequence[PendingDelivery], deadline: float) -> Sequence[PendingDelivery]:
    """Wait for every result until the deadline (in seconds); return what is not done then.

    They are waited for one after the other: the members of a batch are done at the same time.
    """
    until = monotonic() + deadline
    for each in ready:
        if not each.place.done():
            await _settled(each.place, until - monotonic())
    return [each for each in ready if not each.place.done()]


async def _settled(place: asyncio.Future[Any], seconds: float) -> None:
    """Wait until it is done, or so long: for one, and for each event, `asyncio.wait` is much."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()
    wake = partial(_wake, waiter)
    timer = loop.call_later(seconds, wake)
    place.add_done_callback(wake)
    try:
        await waiter
    finally:
        timer.cancel()
        place.remove_done_callback(wake)


def _wake(waiter: asyncio.Future[None], _: object = None) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _merged(
    prepared: Sequence[Prepared], delivered: Iterable[SubscriptionResult], ends: Sequence[int]
) -> list[EventResult]:
    """Return the results of each event, whose share of `prepared` has its end in `ends`."""
    following = iter(delivered)
    results = [next(following) if isinstance(each, PendingDelivery) else each for each in prepared]
    return [
        EventResult(tuple(results[start:end])) if start < end else NO_MATCH
        for start, end in pairwise(ends)
    ]
