"""Engine of the queue in memory: nothing of it is durable. Tests and benchmarks compare with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import islice
from typing import Final, Self

from destination_host.queue.checks import check_settlements
from destination_host.queue.clock import SteadyClock
from destination_host.queue.interface import Queue
from destination_host.queue.keys import stored_key
from destination_host.queue.memory.delivery import (
    Line,
    StoredDelivery,
    describe,
    find_parked,
    is_overtaken,
    mark_overtaken,
    matches,
    show,
    take,
)
from destination_host.queue.memory.known_events import empty_events, forget_events
from destination_host.queue.memory.rejected import RejectedItems
from destination_host.queue.memory.revisions import Revisions
from destination_host.queue.records import (
    FINAL,
    WHOLE_INSTANCE,
    Exported,
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
        self._rejected = RejectedItems(retention.rejected_bytes)
        self._revisions = Revisions()

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
            self._rejected.keep(item)
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
        return find_parked(self._deliveries.values(), instance, scope)

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
        return take(delivery, scope)

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
        if delivered.line and self._state.counts[delivered.instance, Status.DEAD]:
            mark_overtaken(delivered, self._deliveries.values())

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
        late = {
            delivery.number
            for delivery in found
            if is_overtaken(delivery, self._deliveries.values())
        }
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

    async def purge(self, deliveries: Filter | None = None, *, limit: int = 1000) -> Purged:
        """Remove what is old enough, or what matches; see `Queue.purge`."""
        now = self._clock()
        if deliveries is not None:
            chosen = list(islice(self._matching(deliveries, FINAL), limit))
            self._remove(chosen)
            emptied = {id(row.event) for row in chosen} - self._find_kept_events()
            empty_events(self._known, emptied, now - self._retention.delivered)
            return Purged(deliveries=len(chosen), has_more=len(chosen) == limit)
        old = [row for row in self._deliveries.values() if self._is_old(row, now)]
        self._remove(old[:limit])
        received_by = now - self._retention.delivered
        gone = forget_events(self._known, self._find_kept_events(), received_by)
        self._revisions.purge(now - max(self._retention.delivered, self._retention.dead))
        return Purged(deliveries=min(limit, len(old)), events=gone, has_more=len(old) > limit)

    def _remove(self, rows: Sequence[StoredDelivery]) -> None:
        for row in rows:
            del self._deliveries[row.number]
            self._state.counts[row.instance, row.status] -= 1

    def _find_kept_events(self) -> set[int]:
        return {id(row.event) for row in self._deliveries.values()}

    async def keep_revision(self, instance: str, revision: str, document: bytes) -> None:
        """Keep the configuration of now; see `Queue.keep_revision`."""
        self._revisions.keep(instance, revision, document, self._clock())

    async def find_revision(self, instance: str, revision: str) -> bytes | None:
        """Return a configuration of an instance; see `Queue.find_revision`."""
        return self._revisions.find(instance, revision)

    def _is_old(self, delivery: StoredDelivery, now: float) -> bool:
        seconds = self._retention.seconds(delivery.status)
        return delivery.finished_at is not None and delivery.finished_at <= now - seconds

    async def stats(self) -> Stats:
        """Return the figures of the queue; see `Queue.stats`."""
        now = self._clock()
        overdue = {name: now - first for name in self._ready for first in self._first_due(name)}
        return Stats(
            instances=self._state.instance_stats(overdue),
            rejected=len(self._rejected.items),
            rejected_bytes=self._rejected.bytes,
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
        found = [*self._matching(deliveries, frozenset(Status))]
        older = (row for row in reversed(found) if before is None or row.number < before)
        return [*map(describe, islice(older, limit))]

    async def count(self, deliveries: Filter) -> Mapping[Status, int]:
        """Return how many deliveries match, by state; see `Queue.count`."""
        return Counter(row.status for row in self._matching(deliveries, frozenset(Status)))

    async def export(
        self, deliveries: Filter, *, limit: int = 100, after: int = 0
    ) -> list[Exported]:
        """Return deliveries that match with their events; see `Queue.export`."""
        rows = (row for row in self._matching(deliveries, frozenset(Status)) if row.number > after)
        return [
            Exported(delivery=row.number, body=row.event.body, progress=row.progress)
            for row in islice(rows, limit)
        ]

    async def show(self, delivery: int) -> Shown | None:
        """Return one delivery with everything that is kept of it; see `Queue.show`."""
        row = self._deliveries.get(delivery)
        return show(row) if row else None

    async def rejected(
        self, *, limit: int = 100, before: int | None = None
    ) -> list[tuple[int, RejectedItem]]:
        """Return rejected items; see `Queue.rejected`."""
        return self._rejected.find(limit, before)

    async def close(self) -> None:
        """Forget everything."""
        self._deliveries.clear()

    def _matching(
        self, deliveries: Filter, statuses: frozenset[Status]
    ) -> Iterator[StoredDelivery]:
        rows = (row for row in sorted(self._deliveries.values(), key=lambda row: row.number))
        return (row for row in rows if row.status in statuses and matches(deliveries, row))
