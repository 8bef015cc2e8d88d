"""Delivery attempts for a host with a queue of its own: what to send again, and what to keep."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import random
from typing import TYPE_CHECKING, Final

from destination_kit._python_values import NotJsonError, is_decimal, to_json
from destination_kit.delivery.dead_letters import create_dead_letter, parse_dead_letter
from destination_kit.delivery.events import (
    INVALID_EVENT,
    DeliveryRequest,
    InvalidLine,
    nameless_letter,
    read_delivery_request,
    read_event,
    read_jobs,
    read_moment,
    read_unknown,
)
from destination_kit.delivery.lines import Line
from destination_kit.delivery.outcomes import Outcome, failed_results, subscription_record
from destination_kit.delivery.retry import keep_unknown
from destination_kit.results import (
    SETTINGS_RETRY_AFTER,
    EventResult,
    Failed,
    SubscriptionResult,
)

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.delivery.retry import RetryPolicy
    from destination_kit.runtime import Live

SUBSCRIPTION_NOT_MATCHED: Final = "SUBSCRIPTION_NOT_MATCHED"
_GZIP_MAGIC: Final = b"\x1f\x8b"
# zlib reads a gzip header where 16 is added to the window size
# (https://docs.python.org/3/library/zlib.html#zlib.decompress).
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
# A retry message holds the event and its failures. Under the limit of an event, 1 MB, a large one
# would be accepted at first, and be refused when it is sent again.
_MAX_MESSAGE_BYTES: Final = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to deliver a message of a queue, and what the queue has to keep after it.

    Store `retry` and `dead_letter` before you acknowledge the message.
    """

    #: What became of the event in each subscription of this attempt; empty for a message without one.
    result: EventResult = field(default_factory=EventResult)
    #: All failures: those of the subscriptions, or the reason why the message holds no event.
    failures: tuple[Failed, ...] = ()
    #: The message to attempt after `pause`; None if nothing is left to attempt.
    retry: JsonObject | None = field(default=None, repr=False)
    #: Seconds until `retry` is due.
    pause: float = 0.0
    #: The dead letter of the failures that are final; None without any.
    dead_letter: JsonObject | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """The event of a message, and what earlier attempts left of it."""

    #: The event, its subscriptions, and the attempts so far.
    request: DeliveryRequest
    #: When the first attempt began.
    received_at: datetime
    #: When the retry time began. Waiting for settings does not use it up.
    retrying_since: datetime


async def attempt_delivery(  # noqa: PLR0913 - the options of a host, passed by keyword
    live: Live,
    message: Json | bytes,
    policy: RetryPolicy,
    *,
    deadline: float = 30.0,
    settings_pause: float = SETTINGS_RETRY_AFTER,
    received_at: datetime | None = None,
    exchanges: bool = False,
) -> Attempt:
    """Attempt to deliver a message of a queue; return what the queue has to keep.

    The message is an event, a dead letter, or the `retry` of an earlier attempt: a JSON object or
    its text, plain or gzip. The remedy of a failure decides. `wait` is attempted again under the
    policy, and becomes a dead letter when its time is up. `settings` is attempted again every
    `settings_pause` seconds, without an end. `event` and `code` become a dead letter at once.
    `received_at` is when an event arrived, now if not given; a retry carries its own. With
    `exchanges` the result has the requests and responses.
    """
    queued = read_message(message, received_at or datetime.now(UTC))
    if isinstance(queued, InvalidLine):
        return fail_invalid_message(queued)
    return await attempt_event(
        live,
        queued,
        policy,
        deadline=deadline,
        settings_pause=settings_pause,
        exchanges=exchanges,
    )


def fail_invalid_message(invalid: InvalidLine) -> Attempt:
    """Return the attempt of a message that holds no event."""
    outcome = Outcome(invalid.line, EventResult(), invalid_line=invalid.failure)
    return Attempt(failures=(invalid.failure,), dead_letter=create_dead_letter(outcome))


async def attempt_event(  # noqa: PLR0913 - the options of a host, passed by keyword
    live: Live,
    queued: QueuedEvent,
    policy: RetryPolicy,
    *,
    deadline: float,
    settings_pause: float = SETTINGS_RETRY_AFTER,
    exchanges: bool = False,
) -> Attempt:
    """Attempt to deliver the event of a message, as `attempt_delivery` says."""
    request = queued.request
    [result] = await live.send(
        [request.event],
        deadline=deadline,
        received_at=queued.received_at,
        only=request.only,
        attempt=request.attempts + 1,
        jobs=[request.jobs],
        unknown=[request.unknown],
        exchanges=exchanges,
    )
    result = keep_unknown(result, request.unknown)
    if request.only is None and result.ok:
        return Attempt(result=result)  # nearly every attempt ends here
    failed = failed_results(result)
    failed += _unmatched_results(result, request)
    waiting = [item for item in failed if EventResult((item,)).retryable]
    failures = EventResult(tuple(waiting)).failures
    retrying_since, pause = _schedule(queued, failures, policy, settings_pause)
    if pause is None:
        waiting = []
    final = [item for item in failed if item not in waiting]
    times = {
        "receivedAt": queued.received_at.isoformat(),
        "retryingSince": retrying_since.isoformat(),
    }
    return Attempt(
        result=result,
        failures=EventResult(tuple(failed)).failures,
        retry={**_letter(request, waiting), **times} if waiting else None,
        pause=pause or 0.0,
        dead_letter=_letter(request, final) if final else None,
    )


def _schedule(
    queued: QueuedEvent, waiting: Sequence[Failed], policy: RetryPolicy, settings_pause: float
) -> tuple[datetime, float | None]:
    """Return when the retry time began, and the pause before the next attempt; None without one."""
    now = datetime.now(UTC)
    if any(failed.remedy == "settings" for failed in waiting):
        # The partner gets its whole retry time from the moment when the settings are mended.
        requested = (
            failed.retry_after
            for failed in waiting
            if failed.remedy == "wait" and failed.retry_after
        )
        return now, max(0.0, settings_pause, *requested)
    if not waiting:
        return now, None
    pause = policy.pause_before_retry(
        waiting,
        queued.request.attempts + 1,
        (now - queued.retrying_since).total_seconds(),
        random(),  # noqa: S311 - jitter spreads load, so an attacker gains nothing by a guess
    )
    return queued.retrying_since, pause


def _unmatched_results(
    result: EventResult, request: DeliveryRequest
) -> Sequence[SubscriptionResult]:
    """Return a failed result for each requested subscription that has none.

    The instance has changed since the last attempt. Without a failure, the queue would drop the
    event in silence.
    """
    matched = {item.subscription for item in result.results}
    failed = Failed(
        SUBSCRIPTION_NOT_MATCHED,
        "the subscription was removed, renamed or disabled, or its trigger does not match any more",
    )
    return [
        SubscriptionResult(name, "", failed)
        for name in sorted(request.only or ())
        if name not in matched
    ]


def _letter(request: DeliveryRequest, failed: Sequence[SubscriptionResult]) -> dict[str, Json]:
    failures = [subscription_record(result) for result in failed]
    try:
        event = _as_json(request.event)
    except RecursionError:  # nested too deeply for any reader of JSON, or in itself
        event = request.event
    return {"event": event, "failures": failures, "tries": request.attempts + 1}


def _as_json(value: object) -> Json:
    """Return a value of an event as JSON, which a queue can store; other objects as their text.

    A host builds events in Python, and may put a `datetime` or a `Decimal` into them.
    """
    try:
        json_value = to_json(value)
    except NotJsonError:
        return str(value)
    if isinstance(json_value, Mapping):
        return {str(name): _as_json(member) for name, member in json_value.items()}
    if isinstance(json_value, list):
        return [_as_json(member) for member in json_value]
    if is_decimal(json_value):
        return str(json_value)  # no float holds its digits
    plain: Json = json_value
    return plain


def read_message(message: Json | bytes, received_at: datetime) -> QueuedEvent | InvalidLine:
    """Return the event of a message of a queue, or why it holds none; see `attempt_delivery`."""
    if isinstance(message, Mapping):
        document: JsonObject | InvalidLine = message
    else:
        text = message.encode("utf-8", "surrogateescape") if isinstance(message, str) else message
        document = _parse(text if isinstance(text, bytes) else json.dumps(text).encode())
    if isinstance(document, InvalidLine):
        return document
    if "type" not in document and isinstance(document.get("batch"), list):
        failed = Failed(INVALID_EVENT, "a batch of events; a message holds a single event")
        return InvalidLine(Line(1, json.dumps(document).encode()), failed)
    now = datetime.now(UTC)
    letter = parse_dead_letter(document) if "failures" in document else None
    if letter is None:
        return QueuedEvent(DeliveryRequest(document), received_at, now)
    if letter.text is not None:
        return _read_text_letter(document, received_at)
    if not letter.subscriptions:
        return nameless_letter(Line(1, json.dumps(document, default=str).encode()))
    tries = document.get("tries")
    attempts = tries if isinstance(tries, int) and "retryingSince" in document else 0
    return QueuedEvent(
        DeliveryRequest(
            letter.event,
            letter.subscriptions,
            attempts,
            jobs=read_jobs(document["failures"]),
            unknown=read_unknown(document["failures"]),
        ),
        read_moment(document.get("receivedAt")) or received_at,
        read_moment(document.get("retryingSince")) or now,
    )


def _read_text_letter(document: JsonObject, received_at: datetime) -> QueuedEvent | InvalidLine:
    """Read a dead letter with the text of a message that held no event; a person may have mended it."""
    request = read_delivery_request(Line(1, json.dumps(document).encode()))
    if isinstance(request, InvalidLine):
        return request
    if request.only:
        return QueuedEvent(request, received_at, datetime.now(UTC))
    return read_message(request.event, received_at)


def _parse(content: bytes) -> JsonObject | InvalidLine:
    text = _decompress(content) if content.startswith(_GZIP_MAGIC) else content
    if text is None:
        failed = Failed(INVALID_EVENT, f"not whole gzip, or above {_MAX_MESSAGE_BYTES:,} bytes")
        return InvalidLine(Line(1, content), failed)
    line = Line(1, text, is_truncated=len(text) > _MAX_MESSAGE_BYTES)
    event = read_event(line)
    return InvalidLine(line, event) if isinstance(event, Failed) else event


def _decompress(content: bytes) -> bytes | None:
    decompressor = zlib.decompressobj(_GZIP_WINDOW)
    try:
        # The bound stops a gzip bomb, which unpacks to a thousand times its size.
        text = decompressor.decompress(content, _MAX_MESSAGE_BYTES)
    except zlib.error:
        return None
    return text if decompressor.eof else None
