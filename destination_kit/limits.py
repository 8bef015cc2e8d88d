"""Limits that an author declares: of a batch, and of a partner's requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """How much one call of `perform_batch` may carry, and which payloads may share it."""

    #: The largest number of payloads.
    count: int = 1000
    #: The largest size of the payloads as JSON, in bytes. A payload that is larger goes alone.
    bytes: int = 4_000_000
    #: How many seconds a payload waits for others. 0 sends what one `send` brings together.
    wait: float = 0.0
    #: Names of fields. Payloads with different values of these fields go into different calls.
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A partner's limit for one account: `calls` per `seconds`."""

    #: Requests with the same name spend the same budget.
    name: str
    #: How many requests the partner accepts in `seconds`.
    calls: int
    #: The length of the window, in seconds.
    seconds: float = 60.0
