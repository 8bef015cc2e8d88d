"""Calls per minute as leaky buckets: a full bucket refuses until enough has run out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Limits

MINUTE: Final = 60.0
DAY: Final = 86_400.0
_CONTACTS: Final = "/API/v3/directories/{directoryId}/contacts"
_CONTACT: Final = f"{_CONTACTS}/{{contactId}}"
_LISTS: Final = "/API/v3/directories/{directoryId}/mailinglists"
WORKFLOW: Final = "POST /inbound-event/{path}"

PER_MINUTE: Final = {
    "GET /API/v3/directories": 3000,
    f"GET {_CONTACTS}": 3000,
    f"GET {_CONTACT}": 3000,
    f"GET {_CONTACT}/transactions": 3000,
    f"POST {_CONTACTS}": 500,
    f"PUT {_CONTACT}": 500,
    f"DELETE {_CONTACT}": 500,
    f"POST {_CONTACTS}/search": 500,
    f"GET {_LISTS}": 3000,
    f"POST {_LISTS}": 500,
    f"GET {_LISTS}/{{mailingListId}}/contacts": 3000,
    f"POST {_LISTS}/{{mailingListId}}/contacts": 500,
    "POST /API/v3/directories/{directoryId}/transactions": 500,
    WORKFLOW: 3000,
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one limit counts: `size` calls in `period` seconds."""

    name: str
    size: int
    period: float


@dataclass(slots=True)
class Meter:
    """How full each bucket was, and when."""

    levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, buckets: Sequence[Bucket], now: float) -> float:
        """Count a call and return 0, or return the seconds until every bucket has room for it."""
        levels = [self._level(bucket, now) for bucket in buckets]
        pairs = zip(buckets, levels, strict=True)
        wait = max((each.period / each.size * (level + 1 - each.size) for each, level in pairs))
        if wait > 0:
            return wait
        for bucket, level in zip(buckets, levels, strict=True):
            self.levels[bucket.name] = (level + 1, now)
        return 0.0

    def _level(self, bucket: Bucket, now: float) -> float:
        level, then = self.levels.get(bucket.name, (0.0, now))
        return max(0.0, level - (now - then) * bucket.size / bucket.period)


def buckets(limits: Limits, route: str) -> Sequence[Bucket]:
    """Return the buckets that a call to `route` (method and template) fills."""
    minute = MINUTE / limits.time_scale
    found = [Bucket("brand", limits.brand, minute)]
    size = limits.routes.get(route, PER_MINUTE.get(route))
    if size:
        found.append(Bucket(route, size, minute))
    if route == WORKFLOW:
        day = DAY / limits.time_scale
        found.append(Bucket("workflow runs", limits.workflow_runs_per_day, day))
    return found
