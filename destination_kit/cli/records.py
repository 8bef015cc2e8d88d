"""Results as JSON lines: what `--results` and `--dead-letters` hold, and what `--resume` reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from destination_kit.cli.misuse import Misuse
from destination_kit.results import EventResult, Failed, SubscriptionResult

if TYPE_CHECKING:
    from pathlib import Path

    from destination_kit._json import Json, JsonObject
    from destination_kit.cli.delivery import Outcome

_MOST_LINES = 1_000_000_000


def result_record(outcome: Outcome) -> dict[str, Json]:
    """Return what became of a line's event, for machines."""
    record: dict[str, Json] = {"line": outcome.line.number}
    message_id = outcome.event.get("messageId") if outcome.event else None
    if isinstance(message_id, str):
        record["messageId"] = message_id
    record["status"] = status_of(outcome.result)
    record["results"] = [_subscription_record(each) for each in outcome.result.results]
    if outcome.broken:
        record["reason"] = f"{outcome.broken.code}: {outcome.broken.message}"
    elif outcome.result.skipped:
        record["reason"] = outcome.result.skipped.reason
    return record


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
    failures = [
        _subscription_record(each)
        for each in outcome.result.results
        if isinstance(each.result, Failed)
    ]
    if outcome.event is not None:
        return {"line": outcome.line.number, "event": outcome.event, "failures": failures}
    text = outcome.line.content.decode("utf-8", "surrogateescape")  # every byte can be had back
    failed = failure_record(outcome.broken) if outcome.broken else {}
    return {"line": outcome.line.number, "text": text, "failures": [failed]}


class LineNumbers:
    """A set of line numbers, a byte for each."""

    def __init__(self) -> None:
        self._marks = bytearray()

    def add(self, number: int) -> None:
        """Put a number in."""
        if number >= len(self._marks):
            self._marks.extend(bytes(number - len(self._marks) + 1))
        self._marks[number] = 1

    def __len__(self) -> int:
        return self._marks.count(1)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number < len(self._marks) and self._marks[number] == 1


def load_done(path: Path) -> tuple[LineNumbers, int]:
    """Return the lines that have a final result in this file, and its length without a torn end."""
    done, length = LineNumbers(), 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):  # the run that wrote it was killed
                break
            done.add(_line_number(line, f"{path}, line {number}"))
            length += len(line)
    return done, length


def _line_number(line: bytes, where: str) -> int:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    number = record.get("line") if isinstance(record, dict) else None
    if isinstance(number, int) and 0 < number < _MOST_LINES:
        return number
    raise Misuse(f"{where} is not a result of dkit deliver")
