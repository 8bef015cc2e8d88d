"""State that every engine keeps in memory: leases, parked scopes, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from destination_host.queue.records import (
    WHOLE_INSTANCE,
    InstanceStats,
    Settlement,
    Status,
)

#: Seconds between two probes of a parked scope.
PROBE_PAUSE: Final = 60.0

#: Rows of attempts that are kept of a delivery; one that is parked for weeks has thousands.
MOST_RECORDS: Final = 50


@dataclass(frozen=True, slots=True)
class Lease:
    """A delivery in flight."""

    instance: str
    order_key: str | None
    attempt: int
    #: The scope that it probes; None for a delivery that was not parked.
    probed_scope: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """A parked scope of an instance."""

    #: Deliveries that are parked in it, and those in flight that probe it.
    members: int
    #: When the next probe is due.
    probe_at: float


@dataclass(slots=True)
class EngineState:
    """What an engine remembers beside its deliveries; a failed transaction restores a copy."""

    next_event: int = 1
    next_delivery: int = 1
    in_flight: dict[int, Lease] = field(default_factory=dict)
    #: Deliveries that were in flight at a kill, with their instances, in the order of their turns.
    suspects: dict[int, str] = field(default_factory=dict)
    #: (instance, scope) -> the parked scope.
    scopes: dict[tuple[str, str], Scope] = field(default_factory=dict)
    #: (instance, state) -> deliveries.
    counts: Counter[tuple[str, Status]] = field(default_factory=Counter)
    rejected: int = 0
    rejected_bytes: int = 0

    def copy(self) -> EngineState:
        """Return a copy that later changes of this state leave alone."""
        return replace(
            self,
            in_flight=self.in_flight.copy(),
            suspects=self.suspects.copy(),
            scopes=self.scopes.copy(),
            counts=self.counts.copy(),
        )

    def instance_stats(self, overdue: Mapping[str, float]) -> dict[str, InstanceStats]:
        """Return the figures of each instance; those that hand out nothing are not overdue."""
        counts = self.counts.copy()
        return {
            name: InstanceStats(
                counts={status: n for status in Status if (n := counts[name, status])},
                overdue=0.0 if (name, WHOLE_INSTANCE) in self.scopes else overdue.get(name, 0.0),
            )
            for name in sorted({name for (name, _), n in counts.items() if n})
        }

    def move(self, instance: str, before: Status, after: Status, number: int = 1) -> None:
        """Count deliveries that went from one state to another."""
        self.counts[instance, before] -= number
        self.counts[instance, after] += number

    def scopes_to_probe(self, instance: str, now: float) -> list[str]:
        """Return the scopes of an instance whose probe is due; of a wholly parked one, that alone."""
        due = sorted(
            scope
            for (name, scope), parked in self.scopes.items()
            if name == instance and parked.probe_at <= now
        )
        if (instance, WHOLE_INSTANCE) in self.scopes:
            return due[:1] if WHOLE_INSTANCE in due else []
        return due

    def probe(self, instance: str, scope: str, now: float) -> None:
        """Put off the next probe of a scope."""
        parked = self.scopes[instance, scope]
        self.scopes[instance, scope] = replace(parked, probe_at=now + PROBE_PAUSE)

    def settle(self, lease: Lease, settlement: Settlement, now: float) -> tuple[str, str] | None:
        """Count a settled delivery; return the parked scope that it has shown to be mended."""
        self.suspects.pop(settlement.delivery, None)
        self.move(lease.instance, Status.IN_FLIGHT, settlement.status)
        # It leaves first: a probe that was the only member, and failed after more than a minute,
        # starts the minute again.
        if lease.probed_scope is not None:
            self.leave_scope(lease.instance, lease.probed_scope)
        if settlement.status is Status.PARKED:
            self.join_scope(lease.instance, settlement.scope, now + PROBE_PAUSE)
        is_mended = settlement.status is Status.DELIVERED and lease.probed_scope is not None
        return (lease.instance, str(lease.probed_scope)) if is_mended else None

    def join_scope(self, instance: str, scope: str, probe_at: float) -> None:
        """Count one more member of a scope, which is probed first at this time if it is new."""
        found = self.scopes.get((instance, scope), Scope(0, probe_at))
        self.scopes[instance, scope] = replace(found, members=found.members + 1)

    def leave_scope(self, instance: str, scope: str, number: int = 1) -> None:
        """Count fewer members of a scope; one without any is over."""
        found = self.scopes[instance, scope]
        if found.members > number:
            self.scopes[instance, scope] = replace(found, members=found.members - number)
        else:
            del self.scopes[instance, scope]
