"""Token bucket: the rate at which requests leave, and how many may leave at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Before every time of the clock.
NEVER: Final = float("-inf")


@dataclass(slots=True)
class TokenBucket:
    """Token bucket of one limit of one account, in seconds of the clock.

    It stores when the next request would be due at an even rate, instead of a number of tokens:
    the generic cell rate algorithm, which needs no refill.
    """

    #: Seconds between two requests at an even rate.
    interval: float
    #: How many seconds before it is due a request may leave.
    burst: float
    #: When the next request is due.
    due_at: float = NEVER
    #: When the pause after a 429 ends.
    paused_until: float = NEVER
    #: 429 responses in a row. Each belongs to a request that left after the one before arrived.
    refusals: int = 0
    #: When the last of these arrived.
    refused_at: float = NEVER

    def available_at(self, now: float) -> float:
        """Return when the next request may leave."""
        # After a 429 requests leave one by one, until the partner accepts one. A burst would earn a
        # whole burst of refusals after each pause.
        burst = 0.0 if self.refusals else self.burst
        return max(now, self.paused_until, self.due_at - burst)

    def take(self, at: float) -> None:
        """Count a request that leaves."""
        self.due_at = max(self.due_at, at) + self.interval

    def count_available(self, now: float) -> int:
        """Return how many requests may leave at once."""
        if self.available_at(now) > now:
            return 0
        burst = 0.0 if self.refusals else self.burst
        return 1 + int((now + burst - max(self.due_at, now)) / self.interval)
