"""Event sender: attempts to deliver an event until its result is final, in the user's order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import random
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from destination_kit.deletion import is_deletion
from destination_kit.delivery.outcomes import Outcome
from destination_kit.delivery.retry import (
    RetryPolicy,
    keep_unknown,
    merge_results,
    transient_failures,
    unknown_subscriptions,
)
from destination_kit.delivery.user_order import USER_ORDER, UserOrder, user_key
from destination_kit.results import EventResult

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.delivery.events import DeliveryRequest
    from destination_kit.delivery.lines import Line
    from destination_kit.delivery.outcomes import OutcomeListener
    from destination_kit.runtime import Live


class Slot:
    """A place among the events that send requests of their own; an event that waits has none.

    The first attempt takes one of `first`, a later one takes one of `retries`. With places in
    common, as many failing events as there are places would hold up all others. An event that
    shares its requests with others needs no place: both are None. Of an event that does both,
    the subscriptions in `shared` need none.
    """

    def __init__(
        self,
        first: asyncio.Semaphore | None = None,
        retries: asyncio.Semaphore | None = None,
        shared: frozenset[str] = frozenset(),
    ) -> None:
        self._next = first
        self._retries = retries
        #: Names of the subscriptions whose requests are shared; empty where all or none are.
        self.shared = shared
        self._held: asyncio.Semaphore | None = None

    async def acquire(self) -> None:
        """Wait for a place, unless it is held."""
        if self._next and not self._held:
            await self._next.acquire()
            self._held, self._next = self._next, self._retries

    def release(self) -> None:
        """Give the place back, if it is held."""
        if self._held:
            self._held.release()
            self._held = None


class _Attempt(NamedTuple):
    """One attempt to send an event."""

    #: The number of the attempt in this run, from 1.
    number: int
    #: The subscriptions that get the event; None for all.
    only: Collection[str] | None
    #: Subscription -> the job that an earlier attempt submitted.
    jobs: Mapping[str, Json]
    #: The subscriptions in which an earlier attempt ended with an unknown outcome.
    unknown: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Sending:
    """An event that is being sent: its line and slot, and when its first attempt began."""

    line: Line
    request: DeliveryRequest
    slot: Slot
    received_at: datetime
    #: Seconds of a monotonic clock.
    started: float
    on_pending: Callable[[Outcome], None] | None = None


class EventSender:
    """Sends the events of one run, and retries each under a policy.

    `deadline` is the seconds of one attempt. Setting `stop_event` ends every pause before a retry.
    """

    def __init__(
        self,
        live: Live,
        listener: OutcomeListener,
        stop_event: asyncio.Event,
        *,
        deadline: float,
        retry_policy: RetryPolicy,
    ) -> None:
        self._live = live
        self._listener = listener
        self._stop_event = stop_event
        self._deadline = deadline
        self._retry_policy = retry_policy
        self._order = UserOrder()

    async def send(
        self,
        line: Line,
        request: DeliveryRequest,
        slot: Slot,
        on_pending: Callable[[Outcome], None] | None = None,
    ) -> Outcome | None:
        """Return the outcome of an event: final, or interrupted before another attempt.

        None stands for a deletion whose turn did not come before the run was stopped. The slot is
        held during attempts only. `on_pending` gets the open outcome of an event with new jobs, or
        that the partner may newly have, before the wait for the next attempt.
        """
        received_at = request.received_at or datetime.now(UTC)
        sending = _Sending(line, request, slot, received_at, monotonic(), on_pending)
        key = user_key(request.event)
        if is_deletion(request.event):
            return await self._send_deletion(sending, key)
        if lock := self._order.find_deletion_lock(key):
            slot.release()
            async with self._turn(lock):
                pass
        with self._order.in_flight(key):
            return await self._send_after_retries(sending, key)

    async def _send_deletion(self, sending: _Sending, key: str | None) -> Outcome | None:
        """Send a deletion after all earlier events of its user, and before all later ones."""
        lock = self._order.deletion_lock(key)
        async with self._turn(lock):
            if key and self._order.has_in_flight(key):
                sending.slot.release()
                await self._order.wait_until_idle(key)
                # An earlier event may be open because the run was stopped. The next run sends it,
                # and the deletion after it.
                if self._stop_event.is_set():
                    return None
            return await self._send_after_retries(sending, key)

    async def _send_after_retries(self, sending: _Sending, key: str | None) -> Outcome:
        request = sending.request
        if lock := self._order.find_retry_lock(key):
            # If an event kept the lock while it is sent, events of this user would go one by one,
            # and could not share a batch.
            sending.slot.release()
            async with self._turn(lock):
                pass
        first = _Attempt(1, request.only, request.jobs, request.unknown)
        result = keep_unknown(await self._attempt(sending, first), request.unknown)
        if transient_failures(result):
            lock = self._order.retry_lock(key)
            async with self._turn(lock):
                return await self._retry(sending, result)
        return _describe(sending, result, 1)

    async def _retry(self, sending: _Sending, result: EventResult) -> Outcome:
        attempts, unknown_attempts, is_interrupted = 1, 0, False
        known: tuple[Mapping[str, Json], frozenset[str]] = (
            sending.request.jobs,
            sending.request.unknown,
        )
        while failures := transient_failures(result):
            failed = [failure for _, failure in failures]
            jobs = {name: failure.job for name, failure in failures if failure.job is not None}
            unknown = unknown_subscriptions(result)
            pause = self._retry_policy.pause_before_retry(
                failed,
                attempts,
                monotonic() - sending.started,
                random(),  # noqa: S311 - jitter spreads load, so an attacker gains nothing by a guess
            )
            if pause is None:
                break
            if sending.on_pending and (jobs, unknown) != known:
                pending = _describe(sending, result, attempts, unknown_attempts)
                sending.on_pending(replace(pending, is_interrupted=True))
            known = (jobs, unknown)
            if is_interrupted := await self._is_stopped_within(pause, failed[0].code):
                break
            unknown_attempts += any(
                failure.outcome == "unknown" and failure.job is None for failure in failed
            )
            only = {subscription for subscription, _ in failures}
            retried = await self._attempt(sending, _Attempt(attempts + 1, only, jobs, unknown))
            result, attempts = merge_results(result, retried), attempts + 1
        outcome = _describe(sending, result, attempts, unknown_attempts)
        return replace(outcome, is_interrupted=is_interrupted)

    @asynccontextmanager
    async def _turn(self, lock: asyncio.Lock) -> AsyncIterator[None]:
        """Hold the lock of a user, and report the wait for it."""
        self._listener.on_retry_wait(USER_ORDER, 1)
        try:
            await lock.acquire()
        finally:
            self._listener.on_retry_wait(USER_ORDER, -1)
        try:
            yield
        finally:
            lock.release()

    async def _attempt(self, sending: _Sending, attempt: _Attempt) -> EventResult:
        shared = sending.slot.shared
        if not shared:
            return await self._send_in_place(sending, attempt)
        subscriptions = self._live.plan.subscriptions
        names = [subscription.name for subscription in subscriptions if subscription.enabled]
        requested = {*(names if attempt.only is None else attempt.only)}
        parts: list[Coroutine[None, None, EventResult]] = []
        if together := requested & shared:
            parts.append(self._send(sending, attempt._replace(only=together)))
        if alone := requested - shared:
            parts.append(self._send_in_place(sending, attempt._replace(only=alone)))
        return _join(await asyncio.gather(*parts), names)

    async def _send_in_place(self, sending: _Sending, attempt: _Attempt) -> EventResult:
        await sending.slot.acquire()
        try:
            return await self._send(sending, attempt)
        finally:
            sending.slot.release()

    async def _send(self, sending: _Sending, attempt: _Attempt) -> EventResult:
        [result] = await self._live.send(
            [sending.request.event],
            deadline=self._deadline,
            received_at=sending.received_at,
            only=attempt.only,
            attempt=sending.request.attempts + attempt.number,
            jobs=[attempt.jobs],
            unknown=[attempt.unknown],
        )
        return result

    async def _is_stopped_within(self, seconds: float, code: str) -> bool:
        self._listener.on_retry_wait(code, 1)
        try:
            await asyncio.wait_for(self._stop_event.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._listener.on_retry_wait(code, -1)
        return True


def _describe(
    sending: _Sending, result: EventResult, attempts: int, unknown_attempts: int = 0
) -> Outcome:
    """Return the outcome of an event after the attempts of this run."""
    request = sending.request
    return Outcome(
        sending.line,
        result,
        request.event,
        attempts=request.attempts + attempts,
        unknown_attempts=request.unknown_attempts + unknown_attempts,
        received_at=sending.received_at,
    )


def _join(parts: Sequence[EventResult], names: Sequence[str]) -> EventResult:
    """Return one result of an event that was sent in parts, in the order of the subscriptions."""
    order = {name: position for position, name in enumerate(names)}
    results = sorted(
        (result for part in parts for result in part.results),
        key=lambda result: order.get(result.subscription, len(order)),
    )
    return EventResult(tuple(results)) if results else parts[0]
