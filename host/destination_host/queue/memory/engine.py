"""Engine of the queue in memory: nothing of it is durable. Tests and benchmarks compare with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import islice
from typing import Final, Self

import orjson

from destination_host.queue.checks import check_settlements
from destination_host.queue.clock import SteadyClock
from destination_host.queue.interface import Queue
from destination_host.queue.keys import stored_key
from destination_host.queue.memory.delivery import Line, StoredDelivery, describe, matches
from destination_host.queue.records import (
    FINAL,
    WHOLE_INSTANCE,
    Filter,
    Found,
    NewEvent,
    Purged,
    RejectedItem,
    Replayed,
    Retention,
    Route,
    Settlement,
    Shown,
    Stats,
    Status,
    Taken,
)
from destination_host.queue.state import MOST_RECORDS, EngineState, Lease

_HOLDING: Final = frozenset({Status.IN_FLIGHT, Status.PARKED})


class MemoryQueue(Queue):
    """A `Queue` that ends with its process."""

    def __init__(
        self, *, retention: Retention = Retention(), clock: Callable[[], float] | None = None
    ) -> None:
        self._retention = retention
        self._clock = clock or SteadyClock()
        self._state = EngineState()
        self._deliveries: dict[int, StoredDelivery] = {}
        #: (source, message id) -> the event.
        self._known: dict[tuple[str, str], NewEvent] = {}
        #: Deliveries of each line that wait, the earliest first. Those that were dropped stay until
        #: they are the first.
        self._lines: dict[Line, list[int]] = {}
        #: The delivery of a line that is in flight or parked.
        self._held: dict[Line, int] = {}
        #: (due, number) of what may be taken, by instance; those that are out of date stay in it.
        self._ready: dict[str, list[tuple[float, int]]] = {}
        self._rejected: dict[int, RejectedItem] = {}
        self._next_rejected = 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def now(self) -> float:
        """Return the time by which deliveries are due; see `Queue.now`."""
        return self._clock()

    async def put(
        self, events: Sequence[NewEvent], rejected: Sequence[RejectedItem] = ()
    ) -> list[bool]:
        """Keep events; see `Queue.put`."""
        now = self._clock()
        for item in rejected:
            self._reject(item)
        return [self._put(event, now) for event in events]

    def _put(self, event: NewEvent, now: float) -> bool:
        if event.message_id is not None:
            known = self._known.setdefault((event.source, stored_key(event.message_id)), event)
            if known is not event:
                return False
        for route in event.routes:
            self._start(event, route, now)
        return True

    def _start(self, event: NewEvent, route: Route, now: float) -> None:
        number = self._state.next_delivery
        self._state.next_delivery += 1
        key = None if route.order_key is None else stored_key(route.order_key)
        delivery = StoredDelivery(number, event, route.instance, key, Status.WAITING, now)
        if route.refusal is not None:
            delivery.status, delivery.finished_at = Status.SKIPPED, now
            delivery.reason = route.refusal
        self._deliveries[number] = delivery
        self._state.counts[route.instance, delivery.status] += 1
        if delivery.status is Status.WAITING:
            self._queue(delivery)

    def _queue(self, delivery: StoredDelivery) -> None:
        """Put a delivery that waits into its place in its line."""
        if delivery.line is None:
            self._offer(delivery)
            return
        heappush(self._lines.setdefault(delivery.line, []), delivery.number)
        self._promote(delivery.line)

    def _offer(self, delivery: StoredDelivery) -> None:
        heappush(self._ready.setdefault(delivery.instance, []), (delivery.due, delivery.number))

    def _promote(self, line: Line) -> None:
        """Offer the first delivery of a line, unless one of it is in flight or parked."""
        numbers = self._lines.get(line, [])
        while numbers and not self._is_waiting(numbers[0]):
            heappop(numbers)
        if not numbers:
            self._lines.pop(line, None)
        elif line not in self._held:
            self._offer(self._deliveries[numbers[0]])

    def _is_waiting(self, number: int) -> bool:
        found = self._deliveries.get(number)
        return found is not None and found.status is Status.WAITING

    def _is_first(self, delivery: StoredDelivery) -> bool:
        line = delivery.line
        if line is None:
            return True
        return line not in self._held and self._lines[line][0] == delivery.number

    async def take(self, room: Mapping[str, int]) -> list[Taken]:
        """Take deliveries that are due; see `Queue.take`."""
        now = self._clock()
        return [
            self._lease(delivery, scope)
            for instance, free in room.items()
            for delivery, scope in islice(self._choose(instance, now), free)
        ]

    def _choose(self, instance: str, now: float) -> Iterator[tuple[StoredDelivery, str | None]]:
        for scope in self._state.scopes_to_probe(instance, now):
            if parked := self._parked(instance, scope):
                self._state.probe(instance, scope, now)
                yield parked[0], scope
        if (instance, WHOLE_INSTANCE) in self._state.scopes:
            return
        ready = self._ready.get(instance, [])
        while ready and ready[0][0] <= now:
            due, number = ready[0]
            found = self._deliveries.get(number)
            if found and self._is_waiting(number) and found.due == due and self._is_first(found):
                yield found, None
            heappop(ready)

    def _parked(self, instance: str, scope: str | None) -> list[StoredDelivery]:
        parked = [
            delivery
            for delivery in self._deliveries.values()
            if delivery.status is Status.PARKED
            and delivery.instance == instance
            and scope in (None, delivery.scope)
        ]
        return sorted(parked, key=lambda delivery: (delivery.due, delivery.number))

    def _lease(self, delivery: StoredDelivery, scope: str | None) -> Taken:
        before, delivery.status, delivery.scope = delivery.status, Status.IN_FLIGHT, None
        delivery.attempts += 1
        if delivery.line:
            self._held[delivery.line] = delivery.number
            if before is Status.WAITING:
                heappop(self._lines[delivery.line])
        lease = Lease(delivery.instance, delivery.order_key, delivery.attempts, scope)
        self._state.in_flight[delivery.number] = lease
        self._state.move(delivery.instance, before, Status.IN_FLIGHT)
        return Taken(
            delivery=delivery.number,
            instance=delivery.instance,
            source=delivery.event.source,
            body=delivery.event.body,
            received_at=delivery.event.received_at,
            attempt=delivery.attempts,
            progress=delivery.progress,
            probed_scope=scope,
            revision=delivery.revision if delivery.pinned else "",
        )

    async def finish(self, settlements: Sequence[Settlement]) -> None:
        """Settle deliveries that are in flight; see `Queue.finish`."""
        check_settlements(settlements)
        now = self._clock()
        mended: set[tuple[str, str]] = set()
        for settlement in settlements:
            lease = self._state.in_flight.pop(settlement.delivery, None)
            if lease is not None:
                self._settle(self._deliveries[settlement.delivery], settlement, now)
                scope = self._state.settle(lease, settlement, now)
                mended |= {scope} if scope else set()
        for instance, name in mended:
            self._release(instance, name, now)

    def _settle(self, delivery: StoredDelivery, settlement: Settlement, now: float) -> None:
        delivery.status, delivery.due = settlement.status, settlement.due
        delivery.progress, delivery.revision = settlement.progress, settlement.revision
        delivery.failures, delivery.reason = tuple(settlement.failures), settlement.reason
        delivery.finished_at = now if settlement.status in FINAL else None
        if settlement.attempt_record:
            delivery.records[delivery.attempts] = settlement.attempt_record
            delivery.records.pop(delivery.attempts - MOST_RECORDS, None)
        if settlement.status is Status.PARKED:
            delivery.due, delivery.scope = now, settlement.scope
            return
        if settlement.status is Status.DELIVERED:
            self._mark_overtaken(delivery)
        self._free(delivery)

    def _free(self, delivery: StoredDelivery) -> None:
        """Give up a delivery's hold of its line, and offer what may be taken now."""
        line = delivery.line
        if line:
            self._held.pop(line, None)
        if delivery.status is Status.WAITING:
            self._queue(delivery)
        elif line:
            self._promote(line)

    def _mark_overtaken(self, delivered: StoredDelivery) -> None:
        if delivered.line is None or not self._state.counts[delivered.instance, Status.DEAD]:
            return
        for delivery in self._deliveries.values():
            if delivery.line == delivered.line and delivery.number < delivered.number:
                delivery.overtaken = delivery.overtaken or delivery.status is Status.DEAD

    async def release(self, instance: str, scope: str | None = None) -> int:
        """Let parked deliveries of an instance wait again; see `Queue.release`."""
        return self._release(instance, scope, self._clock())

    def _release(self, instance: str, scope: str | None, now: float) -> int:
        parked = self._parked(instance, scope)
        for delivery in parked:
            self._state.move(instance, Status.PARKED, Status.WAITING)
            self._state.leave_scope(instance, delivery.scope or WHOLE_INSTANCE)
            delivery.status, delivery.due, delivery.scope = Status.WAITING, now, None
            self._free(delivery)
        return len(parked)

    async def replay(  # noqa: PLR0913 - the arguments of the protocol
        self,
        deliveries: Filter,
        *,
        limit: int = 1000,
        after: int = 0,
        overwrite: bool = False,
        revision: bool = False,
        dry_run: bool = False,
    ) -> Replayed:
        """Let final deliveries that match wait again; see `Queue.replay`."""
        final = (row for row in self._matching(deliveries, FINAL) if row.number > after)
        found = list(final if dry_run else islice(final, limit))
        late = {delivery.number for delivery in found if self._is_overtaken(delivery)}
        chosen = [row for row in found if overwrite or row.number not in late]
        if dry_run:
            return Replayed(replayed=len(found) - len(late), overtaken=len(late))
        for delivery in chosen:
            self._replay(delivery, pinned=revision)
        return Replayed(
            replayed=len(chosen),
            overtaken=len(found) - len(chosen),
            last=found[-1].number if len(found) == limit else None,
        )

    def _replay(self, delivery: StoredDelivery, *, pinned: bool) -> None:
        self._state.move(delivery.instance, delivery.status, Status.WAITING)
        if delivery.status is not Status.DEAD:
            delivery.progress = b""
        delivery.status, delivery.due = Status.WAITING, self._clock()
        delivery.finished_at, delivery.pinned = None, pinned
        delivery.reason, delivery.failures = "", ()
        self._queue(delivery)

    def _is_overtaken(self, delivery: StoredDelivery) -> bool:
        return delivery.overtaken or any(
            later.line == delivery.line is not None
            and later.number > delivery.number
            and later.status is Status.DELIVERED
            for later in self._deliveries.values()
        )

    async def drop(self, deliveries: Filter, *, limit: int = 1000, reason: str) -> int:
        """Give up deliveries that match; see `Queue.drop`."""
        open_states = frozenset({Status.WAITING, Status.PARKED})
        chosen = list(islice(self._matching(deliveries, open_states), limit))
        for delivery in chosen:
            self._state.move(delivery.instance, delivery.status, Status.SKIPPED)
            if delivery.status is Status.PARKED:
                self._state.leave_scope(delivery.instance, delivery.scope or WHOLE_INSTANCE)
                if delivery.line:
                    del self._held[delivery.line]
            delivery.status, delivery.reason, delivery.scope = Status.SKIPPED, reason, None
            delivery.finished_at = self._clock()
            if delivery.line:
                self._promote(delivery.line)
        return len(chosen)

    async def purge(self, *, limit: int = 1000) -> Purged:
        """Remove what is old enough; see `Queue.purge`."""
        now = self._clock()
        old = [row for row in self._deliveries.values() if self._is_old(row, now)]
        for delivery in old[:limit]:
            del self._deliveries[delivery.number]
            self._state.counts[delivery.instance, delivery.status] -= 1
        kept = {id(row.event) for row in self._deliveries.values()}
        gone = [
            key
            for key, event in self._known.items()
            if id(event) not in kept
            and (event.routes or event.received_at <= now - self._retention.delivered)
        ]
        for key in gone:
            del self._known[key]
        return Purged(deliveries=min(limit, len(old)), events=len(gone), has_more=len(old) > limit)

    def _is_old(self, delivery: StoredDelivery, now: float) -> bool:
        kept = self._retention
        seconds = kept.dead if delivery.status is Status.DEAD else kept.delivered
        return delivery.finished_at is not None and delivery.finished_at <= now - seconds

    async def stats(self) -> Stats:
        """Return the figures of the queue; see `Queue.stats`."""
        now = self._clock()
        overdue = {name: now - first for name in self._ready for first in self._first_due(name)}
        return Stats(
            instances=self._state.instance_stats(overdue),
            rejected=self._state.rejected,
            rejected_bytes=self._state.rejected_bytes,
        )

    def _first_due(self, instance: str) -> list[float]:
        """Return when the first delivery of an instance that may be taken is due; none without."""
        ready = self._ready[instance]
        while ready:
            due, number = ready[0]
            found = self._deliveries.get(number)
            if found and self._is_waiting(number) and found.due == due and self._is_first(found):
                return [min(due, self._clock())]
            heappop(ready)
        return []

    async def find(
        self, deliveries: Filter, *, limit: int = 100, before: int | None = None
    ) -> list[Found]:
        """Return deliveries that match; see `Queue.find`."""
        found = [
            row
            for row in self._matching(deliveries, frozenset(Status))
            if before is None or row.number < before
        ]
        return [describe(row) for row in reversed(found)][:limit]

    async def show(self, delivery: int) -> Shown | None:
        """Return one delivery with everything that is kept of it; see `Queue.show`."""
        row = self._deliveries.get(delivery)
        if row is None:
            return None
        records = tuple((n, orjson.loads(record)) for n, record in sorted(row.records.items()))
        return Shown(
            found=describe(row), body=row.event.body, progress=row.progress, attempts=records
        )

    async def rejected(
        self, *, limit: int = 100, before: int | None = None
    ) -> list[tuple[int, RejectedItem]]:
        """Return rejected items; see `Queue.rejected`."""
        newest = reversed(self._rejected.items())
        found = (pair for pair in newest if before is None or pair[0] < before)
        return list(islice(found, limit))

    def _reject(self, item: RejectedItem) -> None:
        self._rejected[self._next_rejected] = item
        self._next_rejected += 1
        self._state.rejected_bytes += len(item.body)
        while self._state.rejected_bytes > self._retention.rejected_bytes:
            oldest = self._rejected.pop(next(iter(self._rejected)))
            self._state.rejected_bytes -= len(oldest.body)
        self._state.rejected = len(self._rejected)

    async def close(self) -> None:
        """Forget everything."""
        self._deliveries.clear()

    def _matching(
        self, deliveries: Filter, statuses: frozenset[Status]
    ) -> Iterator[StoredDelivery]:
        rows = (row for row in sorted(self._deliveries.values(), key=lambda row: row.number))
        return (row for row in rows if row.status in statuses and matches(deliveries, row))
