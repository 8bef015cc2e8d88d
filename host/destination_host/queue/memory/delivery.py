"""A delivery in memory, and whether a filter matches it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson

from destination_host.queue.keys import stored_key, user_keys
from destination_host.queue.records import Failure, Filter, Found, NewEvent, Shown, Status, Taken

Line: TypeAlias = tuple[str, str]
"""An instance and an order key."""


@dataclass(slots=True)
class StoredDelivery:
    """A delivery, with what its last settlement left."""

    number: int
    event: NewEvent
    instance: str
    order_key: str | None
    status: Status
    due: float
    attempts: int = 0
    overtaken: bool = False
    pinned: bool = False
    finished_at: float | None = None
    scope: str | None = None
    reason: str = ""
    revision: str = ""
    failures: tuple[Failure, ...] = ()
    progress: bytes = b""
    records: dict[int, bytes] = field(default_factory=dict)

    @property
    def line(self) -> Line | None:
        """The line of a delivery that has an order."""
        return None if self.order_key is None else (self.instance, self.order_key)


def matches(wanted: Filter, row: StoredDelivery) -> bool:
    """Return whether a filter matches a delivery."""
    message_id = row.event.message_id
    key = None if wanted.order_key is None else stored_key(wanted.order_key)
    failures = row.failures
    return all(
        (
            not wanted.deliveries or row.number in wanted.deliveries,
            wanted.instance in (None, row.instance),
            wanted.source in (None, row.event.source),
            not wanted.statuses or row.status in wanted.statuses,
            wanted.action is None or wanted.action in {failed.action for failed in failures},
            wanted.code is None or wanted.code in {failed.code for failed in failures},
            key in (None, row.order_key),
            wanted.user is None or row.order_key in user_keys(wanted.user),
            wanted.message_id in (None, message_id),
            wanted.since is None or wanted.since <= row.event.received_at,
            wanted.until is None or wanted.until > row.event.received_at,
        )
    )


def describe(row: StoredDelivery) -> Found:
    """Return a delivery as lists show it."""
    message_id = row.event.message_id
    return Found(
        delivery=row.number,
        instance=row.instance,
        source=row.event.source,
        message_id=None if message_id is None else stored_key(message_id),
        order_key=row.order_key,
        received_at=row.event.received_at,
        status=row.status,
        attempts=row.attempts,
        due=row.due if row.status is Status.WAITING else None,
        finished_at=row.finished_at,
        failures=row.failures,
        reason=row.reason if row.scope is None else row.scope,
    )


def show(row: StoredDelivery) -> Shown:
    """Return a delivery with everything that is kept of it."""
    records = tuple((n, orjson.loads(record)) for n, record in sorted(row.records.items()))
    return Shown(found=describe(row), body=row.event.body, progress=row.progress, attempts=records)


def mark_overtaken(delivered: StoredDelivery, rows: Iterable[StoredDelivery]) -> None:
    """Mark the dead deliveries of a line before one that was delivered."""
    for row in rows:
        if row.line == delivered.line and row.number < delivered.number:
            row.overtaken = row.overtaken or row.status is Status.DEAD


def is_overtaken(earlier: StoredDelivery, rows: Iterable[StoredDelivery]) -> bool:
    """Return whether a later delivery of the line was delivered."""
    return earlier.overtaken or any(
        later.line == earlier.line is not None
        and later.number > earlier.number
        and later.status is Status.DELIVERED
        for later in rows
    )


def find_parked(
    rows: Iterable[StoredDelivery], instance: str, scope: str | None
) -> list[StoredDelivery]:
    """Return what is parked of an instance, in a scope or in any; the first to probe comes first."""
    parked = [
        row
        for row in rows
        if row.status is Status.PARKED and row.instance == instance and scope in (None, row.scope)
    ]
    return sorted(parked, key=lambda row: (row.due, row.number))


def take(row: StoredDelivery, scope: str | None) -> Taken:
    """Return a delivery as its taker gets it."""
    return Taken(
        delivery=row.number,
        instance=row.instance,
        source=row.event.source,
        body=row.event.body,
        received_at=row.event.received_at,
        attempt=row.attempts,
        progress=row.progress,
        probed_scope=scope,
        revision=row.revision if row.pinned else "",
    )
