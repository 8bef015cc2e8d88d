"""Reports of attempts: what became of a delivery in each subscription, for metrics and logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from destination_host.queue.records import Settlement, Status, Taken
from destination_kit import Delivered, Skipped

if TYPE_CHECKING:
    from destination_kit import JsonObject, Live
    from destination_kit.delivery import Attempt


@dataclass(frozen=True, slots=True)
class SubscriptionOutcome:
    """What became of an event in one subscription."""

    #: The name of the subscription and the slug of its action; "" for the whole delivery.
    subscription: str
    action: str
    #: A final state, or `WAITING` or `PARKED` where the subscription is attempted again.
    status: Status
    #: The code of the failure; "" without one.
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptReport:
    """One attempt, and what the queue keeps of it."""

    taken: Taken
    #: The instance that the attempt was made with.
    live: Live = field(repr=False)
    settlement: Settlement
    #: What the kit returned; None where a mistake of the host or the kit ended the attempt.
    attempt: Attempt | None
    #: How long the attempt took.
    seconds: float


def list_outcomes(report: AttemptReport) -> list[SubscriptionOutcome]:
    """Return the outcome of each subscription that the attempt was for.

    One that was final in an earlier attempt is not repeated.
    """
    attempt, status = report.attempt, report.settlement.status
    if attempt is None:
        rows = report.settlement.failures
        return [SubscriptionOutcome("", "", status, failure.code) for failure in rows]
    outcomes = [
        SubscriptionOutcome(part.subscription, part.action, Status.DELIVERED)
        if isinstance(part.result, Delivered)
        else SubscriptionOutcome(part.subscription, part.action, Status.SKIPPED)
        for part in attempt.result.results
        if isinstance(part.result, Delivered | Skipped)
    ]
    outcomes += _list_failures(attempt.dead_letter, Status.DEAD)
    outcomes += _list_failures(attempt.retry, status)
    return outcomes or [SubscriptionOutcome("", "", status)]


def _list_failures(document: JsonObject | None, status: Status) -> Iterator[SubscriptionOutcome]:
    failures = (document or {}).get("failures")
    for failure in failures if isinstance(failures, list | tuple) else ():
        if isinstance(failure, Mapping):
            subscription, action, code = (
                str(failure.get(name, "")) for name in ("subscription", "action", "code")
            )
            yield SubscriptionOutcome(subscription, action, status, code)
