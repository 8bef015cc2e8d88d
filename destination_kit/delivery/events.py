"""Event reader: what a line of input asks to deliver, an event or a dead letter."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object
from destination_kit.delivery.dead_letters import parse_dead_letter
from destination_kit.delivery.lines import MAX_EVENT_BYTES, Line, Location
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

INVALID_EVENT = "INVALID_EVENT"
#: Levels of nested objects and arrays; code that walks an event can recurse so deep.
MAX_LEVELS = 100
#: Some editors, above all on Windows, write it at the start of a UTF-8 file.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """An event to deliver, and how much of it earlier runs have done."""

    #: The event, as Segment's Spec describes one.
    event: JsonObject = field(repr=False)
    #: Names of the subscriptions that receive the event; None for all that match.
    only: Collection[str] | None = None
    #: How often earlier runs sent the event.
    attempts: int = 0
    #: How many of those attempts ended with an unknown outcome.
    unknown_attempts: int = 0
    #: Subscription -> the job that an earlier run submitted and that is polled.
    jobs: Mapping[str, Json] = field(default_factory=dict)
    #: Names of the subscriptions in which an earlier attempt ended with an unknown outcome.
    unknown: frozenset[str] = frozenset()
    #: When the first attempt began, if an earlier run has recorded it.
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvalidLine:
    """A line that holds no event."""

    #: The line; for a dead letter of an invalid line, the original line.
    line: Line
    #: The reason, with the code `INVALID_EVENT`.
    failure: Failed


def read_delivery_request(line: Line) -> DeliveryRequest | InvalidLine:
    """Return the event of a line; from a dead letter, the event that failed.

    The event of a dead letter goes only to the subscriptions that failed. A dead letter of an
    invalid line is read as that line, since a person may have corrected its text.
    """
    event = read_event(line)
    if isinstance(event, Failed):
        return InvalidLine(line, event)
    letter = parse_dead_letter(event) if "failures" in event else None
    if letter is None:
        return DeliveryRequest(event)
    if letter.text is not None:
        request = _read_original_line(line, letter.text)
        if letter.subscriptions and isinstance(request, DeliveryRequest):
            return replace(request, only=letter.subscriptions)
        return request
    if not letter.subscriptions:
        return nameless_letter(line)
    failures = event.get("failures")
    return DeliveryRequest(
        letter.event,
        letter.subscriptions,
        jobs=read_jobs(failures),
        unknown=read_unknown(failures),
        received_at=read_moment(event.get("receivedAt")),
    )


def nameless_letter(line: Line) -> InvalidLine:
    """Return the failure of a dead letter that names no subscription.

    As an event it would match none, and be skipped.
    """
    message = "a dead letter whose `failures` name no `subscription`: restore their names"
    return InvalidLine(line, Failed(INVALID_EVENT, message))


def _read_original_line(line: Line, text: str) -> DeliveryRequest | InvalidLine:
    try:
        content = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # no byte decodes to this surrogate, so a person edited the text
        return InvalidLine(line, Failed(INVALID_EVENT, "the text of the dead letter is not UTF-8"))
    return read_delivery_request(replace(line, content=content, is_truncated=False, fault=""))


def read_event(line: Line) -> JsonObject | Failed:
    """Return the event of a line, or the reason why it holds none.

    An event is a JSON object of at most `MAX_EVENT_BYTES` bytes and `MAX_LEVELS` nested levels. A
    dead letter may be larger and deeper than its event. The message of a `Failed` names the column,
    counted from 1, and the line where it is another one.
    """
    content = line.content.removeprefix(BYTE_ORDER_MARK) if line.number == 1 else line.content
    may_be_letter = b'"failures"' in content
    if line.fault:
        return Failed(INVALID_EVENT, line.fault)
    if line.is_truncated or (len(content) > MAX_EVENT_BYTES and not may_be_letter):
        return _too_large()
    event = parse_object(line, content)
    if isinstance(event, Failed):
        return event
    letter = parse_dead_letter(event) if may_be_letter else None
    if letter is None and len(content) > MAX_EVENT_BYTES:
        return _too_large()
    return _too_deep() if is_too_deep(letter.event if letter else event, content) else event


def parse_object(line: Line, content: bytes) -> JsonObject | Failed:
    """Return the JSON object of a line, or the reason why it holds none."""
    try:
        event = json.loads(content.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        start = content[: error.start].decode()
        return Failed(INVALID_EVENT, f"not UTF-8: see {_position(line, start)}")
    except json.JSONDecodeError as error:
        # Some messages of Python end in "at" already.
        message = f"not JSON: {error.msg.removesuffix(' at')} at {_position(line, error.doc[: error.pos])}"
        return Failed(INVALID_EVENT, message + _explain_syntax(error))
    except ValueError as error:
        return Failed(INVALID_EVENT, f"not JSON: {error}")
    except RecursionError:
        return _too_deep()
    return event if isinstance(event, dict) else Failed(INVALID_EVENT, "an event is a JSON object")


def _position(line: Line, start: str) -> str:
    """Return the column behind `start` in the file, with its line where that is not the event's."""
    line_breaks = start.count("\n")
    column = len(start) - (start.rfind("\n") + 1) + 1
    location = line.location or Location(line.number)
    if not line_breaks:
        column += location.column - 1
    line_number = location.line + line_breaks
    if line_number == line.number and not location.pointer:
        return f"column {column}"
    return f"line {line_number}, column {column}"


def _explain_syntax(error: json.JSONDecodeError) -> str:
    """Return a hint for JSON-like text of other languages, empty where there is none."""
    if error.doc.startswith("'", error.pos):
        return " (JSON takes double quotes)"
    if error.doc.startswith(("None", "True", "False", "undefined"), error.pos):
        return " (JSON writes null, true and false)"
    return ""


def _refuse_constant(name: str) -> None:
    # Python's parser accepts NaN and Infinity, which are no JSON (RFC 8259, section 6). A request
    # with such a number would be no JSON either.
    raise ValueError(f"{name} is no JSON number")


def _too_large() -> Failed:
    return Failed(INVALID_EVENT, f"the event is larger than {MAX_EVENT_BYTES:,} bytes")


def _too_deep() -> Failed:
    return Failed(INVALID_EVENT, f"the event is nested deeper than {MAX_LEVELS} levels")


def is_too_deep(event: JsonObject, content: bytes) -> bool:
    """Return whether an event has more than `MAX_LEVELS` levels; `content` is text that holds it."""
    # An event with at most `MAX_LEVELS` brackets cannot be nested deeper. The count of two bytes
    # spares most events the walk through every value.
    if content.count(b"{") + content.count(b"[") <= MAX_LEVELS:
        return False
    level: list[Json] = [event]
    for _ in range(MAX_LEVELS):
        level = [child for container in level for child in _child_containers(container)]
    return bool(level)


def _child_containers(value: Json) -> list[Json]:
    if isinstance(value, Mapping):
        return [child for child in value.values() if isinstance(child, dict | list)]
    return [child for child in as_array(value) if isinstance(child, dict | list)]


def read_jobs(failures: Json) -> dict[str, Json]:
    """Return subscription -> job, for the failures of a dead letter that carry one."""
    records = map(as_object, as_array(failures))
    return {str(record.get("subscription")): record["job"] for record in records if "job" in record}


def read_unknown(failures: Json) -> frozenset[str]:
    """Return the names of the subscriptions that may have the event, for records of failures."""
    records = map(as_object, as_array(failures))
    return frozenset(
        str(record.get("subscription"))
        for record in records
        if record.get("outcome") == "unknown" and "job" not in record
    )


def read_moment(value: Json) -> datetime | None:
    """Return the time of a record; None where a person removed or changed it."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
