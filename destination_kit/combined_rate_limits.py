"""Combined rate limits: those of a destination, and those that its actions bring themselves."""

from __future__ import annotations

from collections.abc import Sequence

from destination_kit.definitions import Destination, RateLimits
from destination_kit.limits import RateLimit


def combine_rate_limits(destination: Destination) -> RateLimits | None:
    """Return the function of every limit that a request spends; None where there is none.

    An action's limits count for whatever request they name, since the partner counts requests and
    not actions. Of two limits with one name, the destination's holds.
    """
    own = destination.rate_limits
    added = [action.rate_limits for action in destination.actions.values() if action.rate_limits]
    if not added:
        return own

    def rate_limits(method: str, url: str) -> Sequence[RateLimit]:
        found = list(own(method, url)) if own else []
        brought = [limit for limits_of in added for limit in limits_of(method, url)]
        known = {limit.name for limit in found}
        return [*(limit for limit in brought if limit.name not in known), *found]

    return rate_limits


def list_rate_limits(destination: Destination) -> tuple[RateLimit, ...]:
    """Return every limit by name, the destination's first."""
    limits = {limit.name: limit for limit in destination.all_rate_limits}
    for action in destination.actions.values():
        for limit in action.all_rate_limits:
            limits.setdefault(limit.name, limit)
    return tuple(limits.values())
