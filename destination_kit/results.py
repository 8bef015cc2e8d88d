"""What became of an event: closed, frozen values, one per event and matching subscription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.errors import Problem


@dataclass(frozen=True, slots=True)
class Delivered:
    """The partner took it; `response` is what `perform` returned."""

    response: Json = None


@dataclass(frozen=True, slots=True)
class Failed:
    """It was not delivered, or nobody knows.

    `retryable` says whether the same event can succeed later, not before `retry_after` seconds
    where given. `outcome` is `"unknown"` where a write may have happened although no answer came.
    `problems` places what is wrong with the payload.
    """

    code: str
    message: str
    retryable: bool = False
    retry_after: float | None = None
    outcome: Literal["failed", "unknown"] = "failed"
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """No enabled subscription wanted the event."""

    reason: str


Result: TypeAlias = Delivered | Failed


@dataclass(frozen=True, slots=True)
class SubscriptionResult:
    """What became of an event in one subscription, which its name and its action identify."""

    subscription: str
    action: str
    result: Result


@dataclass(frozen=True, slots=True)
class EventResult:
    """What became of one event: one result per matching, enabled subscription, else `skipped`."""

    results: tuple[SubscriptionResult, ...] = ()
    skipped: Skipped | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing failed; a skipped event is fine."""
        return not self.failures

    @property
    def failures(self) -> tuple[Failed, ...]:
        """The failed results, in the order of the subscriptions."""
        return tuple(each.result for each in self.results if isinstance(each.result, Failed))

    @property
    def retryable(self) -> bool:
        """Whether sending the event again can do any good."""
        return any(each.retryable for each in self.failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """What `on_result` observers get: one result, never settings or payload values.

    `started` is UTC, `seconds` the time that `perform` took, `attempt` counts from 1.
    """

    destination: str
    instance: str
    result: SubscriptionResult
    started: datetime
    seconds: float
    attempt: int = 1
