"""The results of an event: closed, frozen values, one per matching subscription."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from destination_kit._backoff import to_wait
from destination_kit.errors import Remedy

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.errors import Problem
    from destination_kit.exchanges import Exchange

#: Seconds until an event that waits for mended settings is worth another attempt. The circuit
#: breaker allows no request before, either.
SETTINGS_RETRY_AFTER: Final = 60.0
_REMEDIES: Final = get_args(Remedy)
_RETRYABLE: Final = frozenset({"wait", "settings"})


@dataclass(frozen=True, slots=True)
class Delivered:
    """The partner accepted the event."""

    #: What `perform` returned: of a `Response` its body, with secrets masked.
    response: Json = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The event was not delivered, or its outcome is unknown.

    `remedy` answers what a caller does with the event: retry it, keep it until an operator has
    mended the settings, or give it up. Where it is left out, it is `wait` for a retryable failure
    and for an unknown outcome, else `event`.

    Raises `ValueError` for an unknown remedy, and where `retryable` and `remedy` disagree.
    """

    #: A stable code in capitals, such as `TOO_MANY_REQUESTS`; the reference's where it has one.
    code: str
    #: What is wrong, for a person. Its text may change between versions; secrets are masked.
    message: str
    #: Whether the same event can succeed later: true for the remedies `wait` and `settings`.
    retryable: bool = None  # type: ignore[assignment] # `__post_init__` derives it from the remedy
    #: The seconds before which another attempt is of no use, where they are known: at most four
    #: hours, and for the remedy `settings` at least a minute. A value that is no wait, such as NaN
    #: or a negative number, becomes None.
    retry_after: float | None = None
    #: What lets the event succeed; see `Remedy`.
    remedy: Remedy = None  # type: ignore[assignment] # `__post_init__` derives it
    #: `unknown` where a write may have happened although no response came.
    outcome: Literal["failed", "unknown"] = "failed"
    #: What is wrong with the payload, each with a JSON Pointer into it.
    problems: tuple[Problem, ...] = ()
    #: The job that the partner has not finished, of a `JOB_PENDING`: pass it to the next attempt
    #: as `jobs`, so that the payload is polled and not submitted again. None without a job.
    job: Json = field(default=None, repr=False)

    def __post_init__(self) -> None:
        given: object = self.retryable
        remedy = self.remedy or ("wait" if given or self.outcome == "unknown" else "event")
        if remedy not in _REMEDIES:
            msg = f"the remedy {remedy!r} is unknown: it is one of {', '.join(_REMEDIES)}"
            raise ValueError(msg)
        retryable = remedy in _RETRYABLE
        if given is not None and bool(given) is not retryable:
            msg = (
                f"the remedy {remedy!r} of {self.code} is {'' if retryable else 'not '}retryable,"
                f" but retryable={given!r} was passed: leave it out, or name another remedy"
            )
            raise ValueError(msg)
        if self.outcome not in ("failed", "unknown"):
            msg = f"the outcome {self.outcome!r} is unknown: it is failed or unknown"
            raise ValueError(msg)
        object.__setattr__(self, "retryable", retryable)
        object.__setattr__(self, "remedy", remedy)
        retry_after = to_wait(self.retry_after)
        if remedy == "settings":
            retry_after = max(retry_after or 0.0, SETTINGS_RETRY_AFTER)
        object.__setattr__(self, "retry_after", retry_after)


@dataclass(frozen=True, slots=True)
class Submitted:
    """The partner works on a job. Authors return it; a caller of `send` never receives it.

    `Action.poll` is asked until the job is finished. At the deadline it becomes a `Failed` with the
    code `JOB_PENDING`, which carries the job.
    """

    #: What `poll` needs to find the job, such as its id. It is stored, so it holds no secret.
    job: Json
    #: Seconds until the job is worth a poll; None for the kit's own pause.
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing was to be done: no subscription matched the event, or its action left it alone.

    An author returns it from `perform` where the partner is to stay as it is, such as a person who
    is not there to be updated. It is final, and no failure.
    """

    #: Why, for a person.
    reason: str


Result: TypeAlias = Delivered | Failed | Skipped
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
    #: The requests of its delivery, the last hundred, in the order of their responses. Those of a
    #: batch are the same for each of its events. Empty without `send(exchanges=True)`.
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)


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
    #: The number of the attempt to deliver the event, from 1, as its sender counts.
    attempt: int
