"""Lines of `dkit worker`: what a request line asks for, and the line that answers it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

from destination_kit._event_ids import read_id
from destination_kit._json import as_array, as_object
from destination_kit.delivery.attempts import QueuedEvent, read_message
from destination_kit.delivery.events import (
    BYTE_ORDER_MARK,
    MAX_LEVELS,
    InvalidLine,
    is_too_deep,
    parse_object,
    read_jobs,
    read_moment,
    read_unknown,
)
from destination_kit.delivery.lines import MAX_LINE_BYTES
from destination_kit.delivery.outcomes import skip_reason, status_of, subscription_record
from destination_kit.errors import did_you_mean
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.delivery.attempts import Attempt
    from destination_kit.delivery.lines import Line

#: The code of an error line: the request line is no request.
INVALID_REQUEST: Final = "INVALID_REQUEST"
#: The code of an error line: the worker has a bug.
WORKER_ERROR: Final = "WORKER_ERROR"
#: Seconds until an event that met a bug of the worker may be sent again.
_ERROR_PAUSE: Final = 60.0
# Where the event breaks the line, the id that stands before it still tells the router which one.
_LEADING_ID: Final = re.compile(
    rb'\s*\{\s*"id"\s*:\s*("(?:[^"\\\x00-\x1f]|\\.)*"|-?(?:0|[1-9]\d*)(?=[\s,}]))'
)

RequestId: TypeAlias = "str | int | float"
"""The router's own name of a request, which its result line repeats."""


@dataclass(frozen=True, slots=True)
class WorkerRequest:
    """A request line: an event, and what earlier attempts left of it."""

    id: RequestId
    #: The message to attempt; an `InvalidLine` where the dead letter of the request holds no event.
    queued: QueuedEvent | InvalidLine

    @property
    def event(self) -> JsonObject | None:
        """The event to deliver; None where the request holds a dead letter without one."""
        return None if isinstance(self.queued, InvalidLine) else self.queued.request.event


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """A line that is no request."""

    #: The number of the line.
    number: int
    #: What is wrong, and where.
    message: str
    #: The id of the line, None where it has none that can be read.
    id: RequestId | None = None


class _RequestError(Exception):
    """A key of a request has a value that it cannot have."""


def read_request(line: Line) -> WorkerRequest | InvalidRequest:
    """Return the request of a line, or why it is none."""
    if line.is_truncated:
        message = f"the line is longer than {MAX_LINE_BYTES:,} bytes"
        return InvalidRequest(line.number, message, _read_leading_id(line.content))
    content = line.content.removeprefix(BYTE_ORDER_MARK) if line.number == 1 else line.content
    document = parse_object(line, content)
    if isinstance(document, Failed):
        message = document.message.replace("an event is", "a request is")
        return InvalidRequest(line.number, message, _read_leading_id(content))
    try:
        return _read_document(document, content)
    except _RequestError as error:
        request_id = document.get("id")
        known_id = request_id if _is_id(request_id) else None
        return InvalidRequest(line.number, str(error), known_id)


def _read_document(document: JsonObject, content: bytes) -> WorkerRequest:
    unknown = [name for name in document if name not in _KEYS]
    if unknown:
        hint = did_you_mean(unknown[0], _KEYS) or f"; there are {', '.join(_KEYS)}"
        raise _RequestError(f"there is no key {unknown[0]!r} in a request{hint}")
    request_id, event = document.get("id"), document.get("event")
    if not _is_id(request_id):
        raise _RequestError("`id` should be a text or a number")
    if not isinstance(event, Mapping):
        raise _RequestError("`event` should be a JSON object: an event, or a dead letter")
    if is_too_deep(as_object(event.get("event")) or event, content):
        raise _RequestError(f"`event` is nested deeper than {MAX_LEVELS} levels")
    return WorkerRequest(request_id, _read_queued(document, event))


def _read_queued(document: JsonObject, event: JsonObject) -> QueuedEvent | InvalidLine:
    """Return the event with what the request says of earlier attempts."""
    received_at, retrying_since = (
        _moment(document, "receivedAt"),
        _moment(document, "retryingSince"),
    )
    only, attempt = _names(document, "only"), _attempt(document)
    unknown, jobs = _names(document, "unknown"), _jobs(document)
    if only is not None and not only:
        raise _RequestError("`only` should name a subscription; without `only`, all get the event")
    queued = read_message(event, received_at or datetime.now(UTC))
    if isinstance(queued, InvalidLine):
        return queued
    request = queued.request
    return QueuedEvent(
        replace(
            request,
            only=request.only if only is None else only,
            attempts=request.attempts if attempt is None else attempt - 1,
            unknown=request.unknown if unknown is None else unknown,
            jobs=request.jobs if jobs is None else jobs,
        ),
        received_at or queued.received_at,
        retrying_since or queued.retrying_since,
    )


def _is_id(value: Json) -> TypeGuard[RequestId]:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _read_leading_id(content: bytes) -> RequestId | None:
    """Return the id at the start of a line that is no JSON, None where it starts with none."""
    found = _LEADING_ID.match(content)
    if found is None:
        return None
    try:
        value: Json = json.loads(found[1])
    except ValueError:
        return None
    return value if _is_id(value) else None


def _names(document: JsonObject, key: str) -> frozenset[str] | None:
    value = document.get(key)
    if value is None:
        return None
    names = [name for name in as_array(value) if isinstance(name, str)]
    if not isinstance(value, list) or len(names) != len(value):
        raise _RequestError(f"`{key}` should be an array of names of subscriptions")
    return frozenset(names)


def _attempt(document: JsonObject) -> int | None:
    value = document.get("attempt")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise _RequestError("`attempt` should be the number of this attempt, from 1")


def _jobs(document: JsonObject) -> JsonObject | None:
    value = document.get("jobs")
    if value is None or isinstance(value, Mapping):
        return value
    raise _RequestError("`jobs` should be an object: subscription -> its job")


def _moment(document: JsonObject, key: str) -> datetime | None:
    value = document.get(key)
    moment = read_moment(value)
    if value is not None and moment is None:
        raise _RequestError(f"`{key}` should be a time with its zone: 2026-01-31T12:00:00Z")
    return moment


def result_line(request: WorkerRequest, attempt: Attempt) -> JsonObject:
    """Return the result line of an attempt."""
    letter = attempt.dead_letter
    results = [subscription_record(result) for result in attempt.result.results]
    known = {result["subscription"] for result in results}
    # A subscription that does not match any more has no result, and its failure is not silent.
    results += [
        dict(failure)
        for failure in map(as_object, as_array((letter or {}).get("failures")))
        if "subscription" in failure and failure["subscription"] not in known
    ]
    status = "failed" if attempt.failures else status_of(attempt.result)
    line = _start(request, "open" if attempt.retry else status, results)
    if isinstance(request.queued, InvalidLine):
        line["reason"] = f"{request.queued.failure.code}: {request.queued.failure.message}"
    elif status == "skipped":
        line["reason"] = skip_reason(attempt.result) or ""
    if attempt.retry:
        line["retry"], line["pause"] = _retry(attempt.retry), round(attempt.pause, 3)
    return line | ({"deadLetter": letter} if letter else {})


def skipped_line(request: WorkerRequest, reason: str) -> JsonObject:
    """Return the result line of an event that is not sent."""
    return _start(request, "skipped", []) | {"reason": reason}


def error_line(invalid: InvalidRequest) -> JsonObject:
    """Return the answer to a line that is no request, with its id where it has one."""
    error: Json = {"code": INVALID_REQUEST, "message": invalid.message, "line": invalid.number}
    return {"error": error} if invalid.id is None else {"id": invalid.id, "error": error}


def fault_line(request: WorkerRequest, fault: str) -> JsonObject:
    """Return the answer to an event that met a bug of the worker: it may be sent again."""
    error: Json = {"code": WORKER_ERROR, "message": fault}
    queued = request.queued
    attempts = 0 if isinstance(queued, InvalidLine) else queued.request.attempts
    retry: Json = {"attempt": attempts + 1}
    return {"id": request.id, "error": error, "retry": retry, "pause": _ERROR_PAUSE}


def _start(request: WorkerRequest, status: str, results: Sequence[JsonObject]) -> dict[str, Json]:
    line: dict[str, Json] = {"id": request.id}
    if request.event and (message_id := read_id(request.event, "messageId")):
        line["messageId"] = message_id
    return line | {"status": status, "results": results}


def _retry(message: JsonObject) -> JsonObject:
    """Return the keys of the request that sends again what an attempt left."""
    failures, tries = message["failures"], message["tries"]
    names = [str(record["subscription"]) for record in map(as_object, as_array(failures))]
    return {
        "only": names,
        "attempt": tries + 1 if isinstance(tries, int) else 1,
        # Both are there without any too: a router lays these keys over those of the last request,
        # whose jobs are finished.
        "unknown": sorted(read_unknown(failures)),
        "jobs": read_jobs(failures),
        "receivedAt": message["receivedAt"],
        "retryingSince": message["retryingSince"],
    }


_KEYS: Final = (
    "id",
    "event",
    "only",
    "attempt",
    "unknown",
    "jobs",
    "receivedAt",
    "retryingSince",
)
