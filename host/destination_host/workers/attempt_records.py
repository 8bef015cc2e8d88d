"""Records of attempts: what one attempt did, in at most 2 KB of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import orjson

from destination_host.queue.records import MAX_ATTEMPT_BYTES
from destination_kit import Delivered, Skipped

if TYPE_CHECKING:
    from destination_kit import EventResult, JsonObject, SubscriptionResult

#: Characters of a message, longest first: a record that is too large is made again with the next.
_MESSAGE_LENGTHS: Final = (300, 80, 0)


def describe_attempt(result: EventResult, started: float, seconds: float) -> bytes:
    """Return the record of an attempt: when it was, how long it took, what each subscription did."""
    return next(_records(result, {"at": round(started, 3), "seconds": round(seconds, 3)}))


def _records(result: EventResult, head: JsonObject) -> Iterator[bytes]:
    for length in _MESSAGE_LENGTHS:
        results = [_describe(part, length) for part in result.results]
        record = orjson.dumps({**head, "results": results})
        if len(record) <= MAX_ATTEMPT_BYTES:
            yield record
    yield orjson.dumps({**head, "subscriptions": len(result.results)})


def _describe(part: SubscriptionResult, length: int) -> JsonObject:
    if isinstance(part.result, Delivered):
        return {"subscription": part.subscription, "status": "delivered"}
    if isinstance(part.result, Skipped):
        reason = {"reason": part.result.reason[:length]} if length else {}
        return {"subscription": part.subscription, "status": "skipped", **reason}
    return {
        "subscription": part.subscription,
        "status": "failed",
        "code": part.result.code,
        "outcome": part.result.outcome,
        **({"message": part.result.message[:length]} if length else {}),
    }
