"""The results of an event: closed, frozen values, one per matching subscription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.errors import Problem


@dataclass(frozen=True, slots=True)
class Delivered:
    """The partner accepted the event."""

    #: What `perform` returned: of a `Response` its body, with secrets masked.
    response: Json = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The event was not delivered, or its outcome is unknown."""

    #: A stable code in capitals, such as `TOO_MANY_REQUESTS`; the reference's where it has one.
    code: str
    #: What is wrong, for a person. Its text may change between versions; secrets are masked.
    message: str
    #: Whether the same event can succeed later.
    retryable: bool = False
    #: The seconds that the partner wants the caller to wait, where it named any.
    retry_after: float | None = None
    #: `unknown` where a write may have happened although no response came.
    outcome: Literal["failed", "unknown"] = "failed"
    #: What is wrong with the payload, each with a JSON Pointer into it.
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """No enabled subscription matched the event."""

    #: Why, for a person.
    reason: str


Result: TypeAlias = Delivered | Failed
"""The result of an event in a subscription that matches it."""


@dataclass(frozen=True, slots=True)
class SubscriptionResult:
    """The result of an event in one subscription."""

    #: The name of the subscription.
    subscription: str
    #: The slug of its action.
    action: str
    #: The result itself.
    result: Result


@dataclass(frozen=True, slots=True)
class EventResult:
    """The results of one event."""

    #: One result per matching, enabled subscription, in the order of the subscriptions.
    results: tuple[SubscriptionResult, ...] = ()
    #: Why there is no result, where no subscription matched; else None.
    skipped: Skipped | None = None

    @property
    def ok(self) -> bool:
        """Whether no result failed. A skipped event is fine."""
        return not self.failures

    @property
    def failures(self) -> tuple[Failed, ...]:
        """The failed results, in the order of the subscriptions."""
        results = (subscription.result for subscription in self.results)
        return tuple(result for result in results if isinstance(result, Failed))

    @property
    def retryable(self) -> bool:
        """Whether sending the event again can change a result."""
        return any(failed.retryable for failed in self.failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """What `on_result` observers receive. It never holds settings or payload values."""

    #: The slug of the destination.
    destination: str
    #: The name of the instance.
    instance: str
    #: The result, with its subscription and action.
    result: SubscriptionResult
    #: When the delivery started, in UTC.
    started: datetime
    #: How long `perform` took, in seconds.
    seconds: float
    #: The number of the attempt, from 1.
    attempt: int = 1
