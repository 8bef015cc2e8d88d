"""Outcomes of delivered lines, and their records in a results file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from destination_kit._event_ids import read_id
from destination_kit.results import Delivered, EventResult, Failed, Skipped, SubscriptionResult
from destination_kit.runtime import INVALID_AUTHENTICATION

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from destination_kit._json import Json, JsonObject
    from destination_kit.delivery.lines import Line


#: Remedies of the failures that a resumed run sends again.
RESUMED_REMEDIES: Final = frozenset({"settings", "wait"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of one line: an event with its result, an invalid line, or a duplicate."""

    #: The line that held the event.
    line: Line
    #: One result per subscription that received the event; empty for an invalid line.
    result: EventResult
    #: The event; None for an invalid line.
    event: JsonObject | None = field(default=None, repr=False)
    #: The reason why the line holds no event; None if it holds one.
    invalid_line: Failed | None = None
    #: Whether an earlier line held the same event, so that this one was not sent.
    is_duplicate: bool = False
    #: How often the event was sent, earlier runs included; 1 also for a line that is not sent.
    attempts: int = 1
    #: How many attempts were repeated although their outcome was unknown.
    unknown_attempts: int = 0
    #: Whether the run stopped while the event waited for another attempt.
    is_interrupted: bool = False
    #: Why the event filter refused the event, so that it was not sent; None where it did not.
    refusal: str | None = None
    #: Low-water mark: every line up to this number is final by now.
    low_water: int = 0
    #: Hash of the text of the line that was read, by which a resumed run knows it.
    digest: str = ""
    #: The number of the line in the run that this one resumes, where it was another.
    earlier_number: int | None = None
    #: Names of the subscriptions that a dead letter named; None for an event.
    only: Collection[str] | None = None
    #: When the first attempt began; None for a line that is not sent.
    received_at: datetime | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the line is invalid or a subscription failed."""
        return self.invalid_line is not None or not self.result.ok

    @property
    def is_unauthorized(self) -> bool:
        """Whether the partner rejected the credentials, so that the event has yet to be sent."""
        return any(failure.code == INVALID_AUTHENTICATION for failure in self.result.failures)

    @property
    def is_parked(self) -> bool:
        """Whether the event waits for mended settings, in one subscription at least."""
        return any(failure.remedy == "settings" for failure in self.result.failures)

    @property
    def is_incomplete(self) -> bool:
        """Whether the line is invalid and the last one of a file that may still be written."""
        return self.invalid_line is not None and self.line.is_unterminated

    @property
    def is_open(self) -> bool:
        """Whether the event is not final: parked, incomplete, or interrupted before an attempt."""
        return self.is_parked or self.is_incomplete or self.is_interrupted

    def dead_results(self, *, is_resumable: bool) -> Sequence[SubscriptionResult]:
        """Return the failed results that belong into a dead letter.

        Of a run that can be resumed, those are missing that a resumed run sends again without a
        change of anything else: what is parked, and what was interrupted.
        """
        resumed = {"settings", "wait"} if self.is_interrupted else {"settings"}
        return [
            result
            for result in failed_results(self.result)
            if not (is_resumable and _remedy_of(result) in resumed)
        ]

    @property
    def may_be_delivered(self) -> bool:
        """Whether the partner may have received the event from at least one subscription."""
        failures = self.result.failures
        is_unknown = any(failure.outcome == "unknown" for failure in failures)
        is_delivered = any(isinstance(item.result, Delivered) for item in self.result.results)
        return is_unknown or bool(self.unknown_attempts) or is_delivered


class OutcomeListener(Protocol):
    """Receiver of the outcomes of a run. Its methods are called in the event loop of the run."""

    def on_outcome(self, outcome: Outcome) -> None:
        """Take the outcome of a line, in the order in which lines are finished.

        It is called once per line. An exception ends the run: the low-water mark of other outcomes
        never passes a line whose outcome was not taken.
        """
        ...

    def on_pending(self, outcome: Outcome) -> None:
        """Take the open outcome of a line with new jobs or a new doubt, before the wait for them.

        After a kill, a resumed run polls the jobs, and knows which events the partner may have.
        `on_outcome` still follows.
        """
        ...

    def on_retry_wait(self, code: str, change: int) -> None:
        """Take a change in the number of events that wait for another attempt.

        `code` is the error code that they wait for, or `USER_ORDER` for events that wait until an
        earlier one of their user is final. `change` is 1 or -1.
        """
        ...


def result_record(outcome: Outcome) -> JsonObject:
    """Return the line of a results file for an outcome, as `schemas/result.schema.json` says."""
    record: dict[str, Json] = {"line": outcome.line.number, "lowWater": outcome.low_water}
    record |= location_record(outcome.line)
    if outcome.digest:
        record["hash"] = outcome.digest
    if outcome.earlier_number:
        record["was"] = outcome.earlier_number
    if outcome.event and (message_id := read_id(outcome.event, "messageId")):
        record["messageId"] = message_id
    if outcome.only:
        record["only"] = sorted(outcome.only)
    record["status"] = "open" if outcome.is_open else status_of(outcome.result)
    if outcome.is_open:
        record["open"] = [
            result.subscription
            for result in failed_results(outcome.result)
            if _remedy_of(result) in RESUMED_REMEDIES
        ]
    record["results"] = [subscription_record(result) for result in outcome.result.results]
    if outcome.invalid_line:
        record["reason"] = f"{outcome.invalid_line.code}: {outcome.invalid_line.message}"
    elif reason := skip_reason(outcome.result):
        record["reason"] = reason
    return record | attempts_record(outcome)


def location_record(line: Line) -> dict[str, Json]:
    """Return where the event stands in its file; empty where that is the line `number`."""
    location = line.location
    if location is None:
        return {}
    record: dict[str, Json] = {"file": location.file} if location.file else {}
    if location.file or location.pointer or location.line != line.number:
        record["fileLine"] = location.line
    return record | ({"pointer": location.pointer} if location.pointer else {})


def attempts_record(outcome: Outcome) -> dict[str, Json]:
    """Return how often an event was sent, and when first where the partner may have it.

    It is empty for a final event that was sent once and whose outcome is known.
    """
    record: dict[str, Json] = {}
    is_unknown = any(
        failure.outcome == "unknown" and failure.job is None for failure in outcome.result.failures
    )
    if is_unknown and outcome.received_at:
        # What another run sends must be the same again, such as the date of an event without one.
        record["receivedAt"] = outcome.received_at.isoformat()
    if outcome.attempts == 1 and not outcome.is_open:
        return record
    # The next run sends an open event again. Without this, its summary would not count an event
    # that the partner may then have twice (`repeatedUnknown`).
    unknown_attempts = outcome.unknown_attempts + (outcome.is_open and is_unknown)
    return {"tries": outcome.attempts, "unknownTries": unknown_attempts, **record}


def failed_results(result: EventResult) -> list[SubscriptionResult]:
    """Return the results of the subscriptions that failed."""
    return [
        subscription_result
        for subscription_result in result.results
        if isinstance(subscription_result.result, Failed)
    ]


def _remedy_of(result: SubscriptionResult) -> str:
    return result.result.remedy if isinstance(result.result, Failed) else ""


def status_of(result: EventResult) -> str:
    """Return the status of an event: `delivered`, `failed` or `skipped`."""
    if skip_reason(result) is not None:
        return "skipped"
    return "delivered" if result.results and result.ok else "failed"


def skip_reason(result: EventResult) -> str | None:
    """Return why an event was skipped in every subscription that it matched; None where not."""
    skipped = [item.result for item in result.results if isinstance(item.result, Skipped)]
    if result.skipped:
        skipped.append(result.skipped)
    if len(skipped) < max(1, len(result.results)):
        return None
    return "; ".join(dict.fromkeys(reason.reason for reason in skipped))


def subscription_record(result: SubscriptionResult) -> dict[str, Json]:
    """Return the result of a subscription as JSON."""
    record: dict[str, Json] = {"subscription": result.subscription, "action": result.action}
    if isinstance(result.result, Failed):
        return record | {"status": "failed"} | failure_record(result.result)
    if isinstance(result.result, Skipped):
        return record | {"status": "skipped", "reason": result.result.reason}
    return record | {"status": "delivered", "response": result.result.response}


def failure_record(failed: Failed) -> dict[str, Json]:
    """Return a failure as JSON, without the attributes that it leaves empty."""
    record: dict[str, Json] = {
        "code": failed.code,
        "message": failed.message,
        "retryable": failed.retryable,
        "remedy": failed.remedy,
    }
    if failed.retry_after is not None:
        record["retryAfter"] = failed.retry_after
    record["outcome"] = failed.outcome
    if failed.job is not None:
        record["job"] = failed.job
    if failed.problems:
        record["problems"] = [
            {"path": problem.path, "code": problem.code, "message": problem.message}
            for problem in failed.problems
        ]
    return record
