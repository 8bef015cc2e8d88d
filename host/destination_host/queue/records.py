"""Records of the queue: what its engines take and return, all frozen.

A *delivery* is one event for one instance. Deliveries of one instance and one order key, which is
the user's, form a line: only the first unfinished one can be taken, in the order of `put`. An
engine keeps events durably, in every state below, until `purge` may remove them.

```
put ─> WAITING ─take─> IN_FLIGHT ─finish─> DELIVERED | SKIPPED | DEAD
          ^                 │
          ├──── later ──────┤
          └─ PARKED <───────┘        replay: DELIVERED | SKIPPED | DEAD ─> WAITING
```
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from destination_kit import JsonObject

WHOLE_INSTANCE: Final = ""
"""The parking scope that keeps back every delivery of an instance, such as after a 401."""

MAX_ATTEMPT_BYTES: Final = 2048
"""Bytes of the row of one attempt; an engine refuses a longer one with `ValueError`."""

KILLED_ITS_WORKER: Final = "KILLED_ITS_WORKER"
"""The code of a delivery that is dead because it was alone in flight at `MAX_KILLS` kills."""

MAX_KILLS: Final = 3
"""Kills of the process after which the only delivery in flight is dead."""


class Status(StrEnum):
    """The state of a delivery, as people and filters name it."""

    #: To be taken when it is due and the first of its line.
    WAITING = "waiting"
    #: Taken by a worker of this process; the lease ends with the process.
    IN_FLIGHT = "in_flight"
    #: Waits until a person mends settings; it never dies of it.
    PARKED = "parked"
    #: Final: every subscription accepted the event.
    DELIVERED = "delivered"
    #: Final: nothing was to be sent, or an operator dropped it; the reason says why.
    SKIPPED = "skipped"
    #: Final: the dead letter. It is kept longer, and can be replayed.
    DEAD = "dead"


FINAL: Final = frozenset({Status.DELIVERED, Status.SKIPPED, Status.DEAD})
"""The states that a delivery leaves by `replay` alone."""


@dataclass(frozen=True, slots=True)
class Route:
    """One delivery that an event starts."""

    #: The name of the instance.
    instance: str
    #: The line that keeps the order, from `destination_kit.delivery.user_key`; None for no order.
    order_key: str | None = None
    #: Why the event is not sent there, such as consent: the delivery is `SKIPPED` at once. None to
    #: send it.
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to keep, with its deliveries."""

    #: The name of the source that sent it.
    source: str
    #: The event as JSON text in UTF-8, as workers will parse it.
    body: bytes = field(repr=False)
    #: When it arrived, in Unix seconds.
    received_at: float
    #: The deliveries, at most one per instance. Without any, the event is kept until its retention
    #: ends, so that its repetitions are known.
    routes: Sequence[Route] = ()
    #: The id by which a repetition is known within its source, as text; None where it has none.
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """Something that arrived and is no event, kept so that a person can see why."""

    #: The name of the source; "" where none is known, such as after an unknown write key.
    source: str
    #: What arrived, possibly shortened by the caller.
    body: bytes = field(repr=False)
    #: When it arrived, in Unix seconds.
    received_at: float
    #: A stable code in capitals.
    code: str
    #: What is wrong, for a person.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A delivery that its taker has to `finish`."""

    #: The number of the delivery; later ones of a line have higher numbers.
    delivery: int
    #: The name of the instance.
    instance: str
    #: The name of the source.
    source: str
    #: The event, as `NewEvent.body` was.
    body: bytes = field(repr=False)
    #: When the event arrived, in Unix seconds.
    received_at: float
    #: The number of this attempt, from 1. It is raised by `take`, so that a killed attempt counts.
    attempt: int
    #: What the last settlement left for this attempt; empty before the first one.
    progress: bytes = field(default=b"", repr=False)
    #: The scope whose state this attempt probes; None for a delivery that was not parked.
    probed_scope: str | None = None
    #: The configuration that a replay asked for; "" for the one of now.
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed subscription of a delivery, for filters and lists."""

    #: The name of the subscription; "" for a failure of the whole delivery.
    subscription: str
    #: The slug of its action; "" likewise.
    action: str
    #: The stable code.
    code: str
    #: What is wrong, for a person; secrets are masked.
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What becomes of a delivery after an attempt."""

    #: The number of the delivery, which must be in flight.
    delivery: int
    #: `WAITING` (again, at `due`), `PARKED` (in `scope`), or a final state.
    status: Status
    #: For `WAITING`: the time of the next attempt, on the clock of the queue (`Queue.now`).
    due: float = 0.0
    #: For `PARKED`: what has to be mended. `WHOLE_INSTANCE` keeps back the whole instance; other
    #: texts are the worker's own, such as a subscription or an endpoint, and keep back only the
    #: deliveries that were parked with them.
    scope: str = WHOLE_INSTANCE
    #: What the next attempt needs to know, such as jobs and the subscriptions that are left. It is
    #: JSON text that the engine does not read.
    progress: bytes = field(default=b"", repr=False)
    #: The failures of the attempt, or the final ones.
    failures: Sequence[Failure] = ()
    #: Why it was skipped; "" otherwise.
    reason: str = ""
    #: What the attempt did, as JSON text of at most `MAX_ATTEMPT_BYTES`; empty to keep nothing.
    attempt_record: bytes = field(default=b"", repr=False)
    #: The configuration that delivered it, so that a replay can use it again.
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which deliveries to find, replay, drop or count. What is left out matches everything."""

    deliveries: Sequence[int] = ()
    instance: str | None = None
    source: str | None = None
    statuses: Sequence[Status] = ()
    #: The slug of an action that failed.
    action: str | None = None
    #: The code of a failure.
    code: str | None = None
    #: The order key, as `destination_kit.delivery.user_key` makes it.
    order_key: str | None = None
    #: The id of the user, whether it is a `userId` or an `anonymousId`.
    user: str | None = None
    message_id: str | None = None
    #: The arrival of the event in Unix seconds: `since` belongs to it, `until` does not.
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a call of `replay` did, or would do."""

    #: Final deliveries that wait again, each in its old place in its line.
    replayed: int = 0
    #: Those left alone, because a later event of the same line has been delivered.
    overtaken: int = 0
    #: The last delivery that was looked at: pass it as `after` to go on. None at the end.
    last: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a call of `purge` removed."""

    deliveries: int = 0
    events: int = 0
    #: Whether more can be removed at once, by another call.
    has_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A delivery as lists show it."""

    delivery: int
    instance: str
    source: str
    message_id: str | None
    order_key: str | None
    received_at: float
    status: Status
    #: Attempts so far.
    attempts: int
    #: When it is due, for `WAITING`; else None.
    due: float | None
    #: When it became final; else None.
    finished_at: float | None
    #: The failures of its last attempt.
    failures: tuple[Failure, ...] = ()
    #: Why it was skipped, or the scope in which it is parked.
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One delivery with everything that is kept of it."""

    found: Found
    #: The event, as `NewEvent.body` was.
    body: bytes = field(repr=False)
    #: Its progress, as the last settlement left it.
    progress: bytes = field(repr=False)
    #: The rows of its attempts, oldest first: number and record.
    attempts: tuple[tuple[int, JsonObject], ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A delivery with what sends it again elsewhere."""

    delivery: int
    #: The event, as `NewEvent.body` was.
    body: bytes = field(repr=False)
    #: Its progress, as the last settlement left it.
    progress: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceStats:
    """The deliveries of one instance."""

    #: Deliveries by state; a state without any is left out.
    counts: Mapping[Status, int]
    #: Seconds by which the oldest delivery that can be taken is overdue; 0 where none is due.
    #: Parked deliveries, and those behind them, do not count.
    overdue: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Figures of a queue, for metrics, health and limits. It is cheap to ask for them often."""

    instances: Mapping[str, InstanceStats]
    #: Bytes in use, free space inside the file left out; 0 in memory.
    used_bytes: int = 0
    #: Bytes that the disk has left; None where no disk is used.
    free_bytes: int | None = None
    #: Rejected items that are kept, and their bytes.
    rejected: int = 0
    rejected_bytes: int = 0
    #: Seconds of the last commit, its fsync included; 0 in memory.
    commit_seconds: float = 0.0
    #: Seconds since a commit succeeded while operations wait; 0 where none waits.
    stalled_seconds: float = 0.0

    @property
    def unfinished(self) -> int:
        """Deliveries that are not final."""
        counts = (instance.counts for instance in self.instances.values())
        return sum(n for count in counts for status, n in count.items() if status not in FINAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long final deliveries are kept. Waiting and parked ones are always kept."""

    #: Seconds after which delivered and skipped deliveries are removed. A repetition of an event is
    #: known at least as long.
    delivered: float = 86_400.0
    #: Seconds after which dead deliveries are removed.
    dead: float = 30 * 86_400.0
    #: Bytes of rejected items; beyond them the oldest are removed.
    rejected_bytes: int = 100_000_000

    def seconds(self, status: Status) -> float:
        """Return how long a final delivery is kept."""
        return self.dead if status is Status.DEAD else self.delivered
