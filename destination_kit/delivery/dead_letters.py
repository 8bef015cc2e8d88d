"""Dead letters: failed events kept with their failures, and read back for another delivery."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from destination_kit._json import as_array
from destination_kit.delivery.outcomes import (
    attempts_record,
    failed_results,
    failure_record,
    location_record,
    subscription_record,
)

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.delivery.outcomes import Outcome
    from destination_kit.results import SubscriptionResult


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter that was read back."""

    #: The event as it arrived; empty for a line that held no event.
    event: JsonObject = field(repr=False)
    #: Names of the subscriptions that failed; none where a person took them away.
    subscriptions: frozenset[str]
    #: The text of a line that held no event, else None; bytes that are not UTF-8 are surrogates.
    text: str | None = field(default=None, repr=False)


def create_dead_letter(
    outcome: Outcome, dead_results: Sequence[SubscriptionResult] | None = None
) -> JsonObject:
    """Return the dead letter of a failed outcome, as a JSON object.

    `dead_results` are the failed results that it keeps, by default all of them. It has `line` and
    `failures`, and either `event` and `tries`, or `text`: that of an invalid line, or of an event
    that JSON cannot hold as it was read, such as one with the number 1e999.
    It keeps the event as it arrived, so store it where only its owner can read it. It holds
    nothing of settings or HTTP headers.
    """
    kept = failed_results(outcome.result) if dead_results is None else dead_results
    failures = [subscription_record(result) for result in kept]
    line: dict[str, Json] = {"line": outcome.line.number, **location_record(outcome.line)}
    if outcome.event is not None and _is_json(outcome.event):
        letter = {**line, "event": outcome.event}
        return letter | {"failures": failures, "tries": outcome.attempts} | attempts_record(outcome)
    # A line may hold bytes that are not UTF-8. "replace" would lose them, but "surrogateescape"
    # lets `_read_original_line` in events.py restore them.
    text = _original_text(outcome.line.content.decode("utf-8", "surrogateescape"))
    if outcome.invalid_line:
        failures = [failure_record(outcome.invalid_line)]
    return {**line, "text": text, "failures": failures}


def _original_text(text: str) -> str:
    """Return the text that a dead letter holds, or any other text as it is.

    A letter in a letter in a letter would double the escapes of its text each time.
    """
    while '"failures"' in text:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return text
        letter = parse_dead_letter(document) if isinstance(document, Mapping) else None
        if letter is None or letter.text is None:
            return text
        text = letter.text
    return text


def _is_json(event: JsonObject) -> bool:
    """Return whether JSON text can hold the numbers of an event."""
    try:
        json.dumps(event, allow_nan=False, default=str)
    except ValueError:
        return False
    return True


def parse_dead_letter(document: JsonObject) -> DeadLetter | None:
    """Return the dead letter that a JSON object is, None for any other object."""
    # A list `failures` alone is no sign of a dead letter, because an event may have one. But each
    # event has a `type` (https://segment.com/docs/connections/spec/common/), and no dead letter has
    # one.
    if "type" in document or not isinstance(document.get("failures"), list):
        return None
    text, event = document.get("text"), document.get("event")
    if isinstance(text, str):
        return DeadLetter({}, _failed_subscriptions(document["failures"]), text)
    subscriptions = _failed_subscriptions(document["failures"])
    if isinstance(event, Mapping) and (subscriptions or "type" in event):
        return DeadLetter(event, subscriptions)
    return None


def _failed_subscriptions(failures: Json) -> frozenset[str]:
    return frozenset(
        str(failure["subscription"])
        for failure in as_array(failures)
        if isinstance(failure, Mapping) and "subscription" in failure
    )
