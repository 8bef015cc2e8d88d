"""Queue protocol: what every engine promises. `records.py` has what it takes and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from destination_host.queue.records import (
    Exported,
    Filter,
    Found,
    NewEvent,
    Purged,
    RejectedItem,
    Replayed,
    Settlement,
    Shown,
    Stats,
    Status,
    Taken,
)


class QueueError(OSError):
    """The queue cannot be opened, read or written; the message says why and what to do."""


class QueueFullError(QueueError):
    """The disk is full. Nothing of the operation was kept, and it may be repeated."""


class QueueInUseError(QueueError):
    """Another process has opened the queue."""


class Queue(Protocol):
    """A durable queue. Its methods may be called from any task of one event loop, concurrently.

    A method returns when its effect is durable; that of `take` survives the process only. One that raises `QueueError` has changed nothing.
    Cancelling the caller leaves open whether the effect took place.
    """

    def now(self) -> float:
        """Return the time by which deliveries are due, in Unix seconds.

        It runs steadily within a process: a clock that is set back delays no retry.
        """
        ...

    async def put(
        self, events: Sequence[NewEvent], rejected: Sequence[RejectedItem] = ()
    ) -> list[bool]:
        """Keep events, and start their deliveries; return for each whether it is new.

        An event whose source and `message_id` are kept already is a repetition: nothing of it is
        kept, whether the first one stands in the same call or came earlier. All of the call is kept
        or nothing. Events of a line are delivered in the order of calls and positions.
        """
        ...

    async def take(self, room: Mapping[str, int]) -> list[Taken]:
        """Take deliveries that are due, at most `room[instance]` of each instance that it names.

        Name every instance that this process delivers to, with 0 for those without room. What is
        taken is in flight until `finish`, or until the queue is closed or opened again. At most one
        delivery of a line is in flight.

        A parked scope hands out one delivery a minute, as a probe; while the scope is
        `WHOLE_INSTANCE`, its instance hands out nothing else. When a probe is delivered, all
        deliveries of its scope wait again, due at once.

        After a kill, what was in flight is handed out first, alone: nothing else is in flight
        meanwhile. A delivery that was alone in flight at `MAX_KILLS` kills is dead.
        """
        ...

    async def finish(self, settlements: Sequence[Settlement]) -> None:
        """Settle deliveries that are in flight; promote the next of each line that is free.

        All settlements of the call are kept or none. A delivery that is not in flight is left as it
        is, since an operator may have dropped it.
        """
        ...

    async def release(self, instance: str, scope: str | None = None) -> int:
        """Let parked deliveries of an instance wait again, due at once; return how many there are.

        Without a scope, all of the instance's scopes are released, such as after a new
        configuration. They are moved in small pieces, so the call returns before the last one is.
        """
        ...

    async def replay(  # noqa: PLR0913 - a request of an operator, passed by keyword
        self,
        deliveries: Filter,
        *,
        limit: int = 1000,
        after: int = 0,
        overwrite: bool = False,
        revision: bool = False,
        dry_run: bool = False,
    ) -> Replayed:
        """Let final deliveries that match wait again: at most `limit`, with numbers above `after`.

        Each keeps its number, and so its place in its line. A dead one keeps its progress, others
        start without any. One is left alone if a later delivery of its line was delivered, unless
        `overwrite` is set. With `revision`, its taker learns which configuration settled it last.
        With `dry_run` nothing changes, and the counts are those of the whole filter.
        """
        ...

    async def drop(self, deliveries: Filter, *, limit: int = 1000, reason: str) -> int:
        """Give up at most `limit` waiting and parked deliveries that match; return how many.

        They become `SKIPPED` with the reason, and the next of each line is promoted.
        """
        ...

    async def purge(self, deliveries: Filter | None = None, *, limit: int = 1000) -> Purged:
        """Remove what `Retention` no longer keeps, at most `limit` deliveries and events each.

        Call it now and then; each call holds up other operations for a few milliseconds only.
        With a filter, remove final deliveries that match, however old they are. Of an event without
        deliveries the id is kept for its retention, so that its repetitions are known; its body is
        removed.
        """
        ...

    async def keep_revision(self, instance: str, revision: str, document: bytes) -> None:
        """Keep a configuration of an instance, the one of now, so that a replay can use it later.

        It is kept while it is the one of now, and then as long as any delivery that names it.
        """
        ...

    async def find_revision(self, instance: str, revision: str) -> bytes | None:
        """Return a configuration of an instance; None where it is not kept."""
        ...

    async def stats(self) -> Stats:
        """Return the figures of the queue."""
        ...

    async def find(
        self, deliveries: Filter, *, limit: int = 100, before: int | None = None
    ) -> list[Found]:
        """Return deliveries that match, the newest first, with numbers below `before`."""
        ...

    async def count(self, deliveries: Filter) -> Mapping[Status, int]:
        """Return how many deliveries match, by state; a state without any is left out."""
        ...

    async def export(
        self, deliveries: Filter, *, limit: int = 100, after: int = 0
    ) -> list[Exported]:
        """Return deliveries that match with their events, the oldest first, numbered above `after`."""
        ...

    async def show(self, delivery: int) -> Shown | None:
        """Return one delivery with its event and attempts; None where there is none."""
        ...

    async def rejected(
        self, *, limit: int = 100, before: int | None = None
    ) -> list[tuple[int, RejectedItem]]:
        """Return rejected items with their numbers, the newest first, with numbers below `before`."""
        ...

    async def close(self) -> None:
        """Finish the operations that wait, and close. What is in flight waits again."""
        ...
