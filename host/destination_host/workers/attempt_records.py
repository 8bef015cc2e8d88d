"""Records of attempts: what one attempt did, in at most 2 KB of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import orjson

from destination_host.queue.records import MAX_ATTEMPT_BYTES
from destination_kit import Delivered, Skipped

if TYPE_CHECKING:
    from destination_kit import EventResult, Exchange, JsonObject, SubscriptionResult

#: Characters of a URL: a longer one has ids enough to be found by its start.
_URL_LENGTH: Final = 200
#: Characters of a body whose request was accepted: it is of little use, and a day has millions.
_ACCEPTED_BODY_LENGTH: Final = 150
_ACCEPTED: Final = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)


@dataclass(frozen=True, slots=True)
class _Detail:
    """How much a record tells."""

    #: Characters of a message.
    message: int
    #: Characters of a body.
    body: int
    #: Exchanges of a subscription, the last ones.
    exchanges: int


#: The most detail first: a record that is too large is made again with the next.
_DETAILS: Final = (
    _Detail(300, 500, 10),
    _Detail(300, 200, 5),
    _Detail(150, 100, 3),
    _Detail(80, 0, 2),
    _Detail(80, 0, 0),
    _Detail(0, 0, 0),
)


def describe_attempt(result: EventResult, started: float, seconds: float) -> bytes:
    """Return the record of an attempt: when it was, how long it took, what each subscription did."""
    return next(_records(result, {"at": round(started, 3), "seconds": round(seconds, 3)}))


def _records(result: EventResult, head: JsonObject) -> Iterator[bytes]:
    for detail in _DETAILS:
        results = [_describe(part, detail) for part in result.results]
        record = orjson.dumps({**head, "results": results})
        if len(record) <= MAX_ATTEMPT_BYTES:
            yield record
    yield orjson.dumps({**head, "subscriptions": len(result.results)})


def _describe(part: SubscriptionResult, detail: _Detail) -> JsonObject:
    return {
        "subscription": part.subscription,
        **_describe_result(part, detail.message),
        **_describe_exchanges(part.exchanges, detail),
    }


def _describe_result(part: SubscriptionResult, length: int) -> JsonObject:
    if isinstance(part.result, Delivered):
        return {"status": "delivered"}
    if isinstance(part.result, Skipped):
        reason = {"reason": part.result.reason[:length]} if length else {}
        return {"status": "skipped", **reason}
    return {
        "status": "failed",
        "code": part.result.code,
        "outcome": part.result.outcome,
        **({"message": part.result.message[:length]} if length else {}),
    }


def _describe_exchanges(exchanges: tuple[Exchange, ...], detail: _Detail) -> JsonObject:
    if not exchanges:
        return {}
    shown = [_describe_exchange(one, detail.body) for one in exchanges[-detail.exchanges :]]
    left_out = len(exchanges) - detail.exchanges
    return {
        **({"exchanges": shown} if detail.exchanges else {}),
        **({"exchangesLeftOut": left_out} if left_out > 0 else {}),
    }


def _describe_exchange(exchange: Exchange, length: int) -> JsonObject:
    if exchange.status in _ACCEPTED:
        length = min(length, _ACCEPTED_BODY_LENGTH)
    described: JsonObject = {
        "method": exchange.method,
        "url": exchange.url[:_URL_LENGTH],
        "status": exchange.status,
        "requestId": exchange.request_id,
        "error": exchange.error,
        "body": exchange.body[:length],
        "seconds": round(exchange.seconds, 3),
    }
    return {name: value for name, value in described.items() if value not in (None, "")}
