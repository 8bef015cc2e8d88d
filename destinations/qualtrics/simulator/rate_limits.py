"""Rate limits as token buckets: a request takes a token from each of its buckets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import RateLimitSettings

_MINUTE: Final = 60.0
_DAY: Final = 86_400.0
_CONTACTS: Final = "/API/v3/directories/{directoryId}/contacts"
_CONTACT: Final = f"{_CONTACTS}/{{contactId}}"
_LISTS: Final = "/API/v3/directories/{directoryId}/mailinglists"
_IMPORTS: Final = f"{_LISTS}/{{mailingListId}}/transactioncontacts"
_BATCHES: Final = "/API/v3/directories/{directoryId}/transactionbatches"
_WORKFLOW_ROUTE: Final = "POST /inbound-event/{path}"

# These figures come from Qualtrics's page on limits
# (https://api.qualtrics.com/a5e9a1a304902-limits). We know them from a copy:
# `DK-QUALTRICS-API-v1.0.0.md` in https://github.com/fabioc-aloha/AlexQ_Template. The figure of
# workflows comes from
# https://www.qualtrics.com/support/survey-platform/actions-module/json-events
_REQUESTS_PER_MINUTE: Final = {
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
    f"GET {_LISTS}/{{mailingListId}}/contacts/{{contactId}}": 3000,
    f"POST {_LISTS}/{{mailingListId}}/contacts": 500,
    "POST /API/v3/directories/{directoryId}/transactions": 500,
    "DELETE /API/v3/directories/{directoryId}/transactions/{transactionId}": 500,
    "GET /API/v3/directories/{directoryId}/export-contacts/{exportId}": 10,
    f"POST {_IMPORTS}": 100,
    f"GET {_IMPORTS}/{{importId}}": 500,
    f"GET {_IMPORTS}/{{importId}}/summary": 3000,
    f"POST {_BATCHES}": 500,
    f"GET {_BATCHES}": 3000,
    f"GET {_BATCHES}/{{batchId}}/transactions": 3000,
    _WORKFLOW_ROUTE: 3000,
}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A rate limit: the size of a token bucket, and the time that refills it."""

    name: str
    #: The number of requests that a full bucket allows.
    requests: int
    #: Seconds until an empty bucket is full again.
    seconds: float


@dataclass(slots=True)
class TokenBuckets:
    """The token buckets of a brand, full at the start."""

    #: By name of the limit: the tokens left, and the time in seconds of that count.
    levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, limits: Sequence[RateLimit], now: float) -> float:
        """Take a token from the bucket of each limit and return 0.

        If a bucket is empty, take none and return the seconds until all of them have a token.
        """
        tokens = [self._count_tokens(limit, now) for limit in limits]
        wait = max(
            limit.seconds / limit.requests * (1 - count)
            for limit, count in zip(limits, tokens, strict=True)
        )
        if wait > 0:
            return wait
        for limit, count in zip(limits, tokens, strict=True):
            self.levels[limit.name] = (count - 1, now)
        return 0.0

    def _count_tokens(self, limit: RateLimit, now: float) -> float:
        count, counted_at = self.levels.get(limit.name, (limit.requests, now))
        refilled = (now - counted_at) * limit.requests / limit.seconds
        return min(limit.requests, count + refilled)


def find_rate_limits(settings: RateLimitSettings, route: str) -> Sequence[RateLimit]:
    """Return the limits that a request to a route counts for, the brand's first.

    `route` is a method and a path template, such as `POST /inbound-event/{path}`.
    """
    minute = _MINUTE / settings.time_scale
    limits = [RateLimit("brand", settings.brand, minute)]
    requests = settings.routes.get(route, _REQUESTS_PER_MINUTE.get(route))
    if requests:
        limits.append(RateLimit(route, requests, minute))
    if route == _WORKFLOW_ROUTE:
        day = _DAY / settings.time_scale
        limits.append(RateLimit("workflow runs", settings.workflow_runs_per_day, day))
    return limits
