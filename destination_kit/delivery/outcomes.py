"""Results as JSON lines: what `--results` and `--dead-letters` hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from destination_kit.results import EventResult, Failed, SubscriptionResult
from destination_kit.runtime import INVALID_AUTHENTICATION

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.delivery.source import Line


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a line: an event with its result, a broken line, or a duplicate.

    By now every line up to `low_water` is final. `tries` is how often it was sent, `unknown` how
    often it was sent again although nobody knew what had become of it; `stopped` says that it would
    have been sent again.
    """

    line: Line
    result: EventResult
    event: JsonObject | None = field(default=None, repr=False)
    broken: Failed | None = None
    duplicate: bool = False
    tries: int = 1
    unknown: int = 0
    stopped: bool = False
    low_water: int = 0

    @property
    def failed(self) -> bool:
        """Whether anything went wrong."""
        return self.broken is not None or not self.result.ok

    @property
    def refused(self) -> bool:
        """Whether the partner did not know us, so that the event is still to be sent."""
        return any(each.code == INVALID_AUTHENTICATION for each in self.result.failures)

    @property
    def to_come(self) -> bool:
        """Whether the event is still to be sent by a run that goes on after this one."""
        return self.refused or self.stopped

    @property
    def begun(self) -> bool:
        """Whether any of it is at the partner by now, or may be."""
        failures = self.result.failures
        lost = any(each.outcome == "unknown" for each in failures)
        return lost or bool(self.unknown) or len(failures) < len(self.result.results)


def result_record(outcome: Outcome) -> dict[str, Json]:
    """Return what became of a line's event, for machines."""
    record: dict[str, Json] = {"line": outcome.line.number, "lowWater": outcome.low_water}
    message_id = outcome.event.get("messageId") if outcome.event else None
    if isinstance(message_id, str):
        record["messageId"] = message_id
    record["status"] = "open" if outcome.to_come else status_of(outcome.result)
    if outcome.to_come:
        record["open"] = [each.subscription for each in _failed(outcome)]
    record["results"] = [_subscription_record(each) for each in outcome.result.results]
    if outcome.broken:
        record["reason"] = f"{outcome.broken.code}: {outcome.broken.message}"
    elif outcome.result.skipped:
        record["reason"] = outcome.result.skipped.reason
    return record | _repeats(outcome)


def _failed(outcome: Outcome) -> list[SubscriptionResult]:
    return [each for each in outcome.result.results if isinstance(each.result, Failed)]


def _repeats(outcome: Outcome) -> dict[str, Json]:
    """Return how often an event was sent, where that was not once."""
    lost = outcome.to_come and any(each.outcome == "unknown" for each in outcome.result.failures)
    if outcome.tries == 1 and not outcome.to_come:
        return {}
    return {"tries": outcome.tries, "unknownTries": outcome.unknown + lost}


def status_of(result: EventResult) -> str:
    """Return the one word for what became of an event."""
    if result.skipped:
        return "skipped"
    return "delivered" if result.results and result.ok else "failed"


def _subscription_record(each: SubscriptionResult) -> dict[str, Json]:
    record: dict[str, Json] = {"subscription": each.subscription, "action": each.action}
    if isinstance(each.result, Failed):
        return record | {"status": "failed"} | failure_record(each.result)
    return record | {"status": "delivered", "response": each.result.response}


def failure_record(failed: Failed) -> dict[str, Json]:
    """Return a failure, without what it has nothing to say about."""
    record: dict[str, Json] = {
        "code": failed.code,
        "message": failed.message,
        "retryable": failed.retryable,
    }
    if failed.retry_after is not None:
        record["retryAfter"] = failed.retry_after
    record["outcome"] = failed.outcome
    if failed.problems:
        record["problems"] = [
            {"path": each.path, "code": each.code, "message": each.message}
            for each in failed.problems
        ]
    return record


def dead_letter(outcome: Outcome) -> JsonObject:
    """Return a failed event as it came, with its failures; nothing of settings or headers."""
    failures = [_subscription_record(each) for each in _failed(outcome)]
    if outcome.event is not None:
        letter: dict[str, Json] = {"line": outcome.line.number, "event": outcome.event}
        return letter | {"failures": failures, "tries": outcome.tries} | _repeats(outcome)
    text = outcome.line.content.decode("utf-8", "surrogateescape")  # every byte can be had back
    failed = failure_record(outcome.broken) if outcome.broken else {}
    return {"line": outcome.line.number, "text": text, "failures": [failed]}
