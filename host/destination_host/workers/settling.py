"""Settling: what the queue keeps of a delivery after an attempt, by the remedies of its failures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from destination_host.ingress.json_text import parse_json
from destination_host.queue.keys import stored_key
from destination_host.queue.records import (
    WHOLE_INSTANCE,
    Failure,
    Settlement,
    Status,
    Taken,
)
from destination_kit import Skipped

if TYPE_CHECKING:
    from destination_host.workers.revisions import RevisionError
    from destination_kit import EventResult, Exchange, JsonObject
    from destination_kit.delivery import Attempt

#: The code of credentials that the partner refuses: no delivery of the instance can succeed.
_INVALID_AUTHENTICATION: Final = "INVALID_AUTHENTICATION"
#: The code of a request that the kit holds back, since the partner refused its endpoint with 403.
_FORBIDDEN: Final = HTTPStatus.FORBIDDEN.name
_DEAD: Final = "dead"


def message_of(taken: Taken) -> JsonObject:
    """Return what `attempt_delivery` gets: the event, with what earlier attempts left of it."""
    event = parse_json(taken.body).value
    kept = _read_progress(taken)
    return {**kept, "event": event} if "failures" in kept else event


def settle(taken: Taken, attempt: Attempt, now: float) -> Settlement:
    """Return what becomes of a delivery. Subscriptions that are dead wait for those that go again."""
    dead = [*_read_progress(taken).get(_DEAD, ()), *_failures(attempt.dead_letter)]
    if attempt.retry is not None:
        return _settle_retry(taken, attempt, dead, now)
    if dead:
        # A replay sends the failed subscriptions again, with a whole retry time of its own.
        named = [failure for failure in dead if failure.get("subscription")]
        return Settlement(
            delivery=taken.delivery,
            status=Status.DEAD,
            progress=_to_json({"failures": named}) if named else b"",
            failures=[*map(_describe, dead)],
        )
    reason = _find_skip_reason(attempt.result)
    status = Status.DELIVERED if reason is None else Status.SKIPPED
    return Settlement(delivery=taken.delivery, status=status, reason=reason or "")


def _find_skip_reason(result: EventResult) -> str | None:
    """Return why nothing was sent; None if a subscription delivered the event."""
    if result.skipped is not None:
        return result.skipped.reason
    reasons = [part.result.reason for part in result.results if isinstance(part.result, Skipped)]
    return reasons[0] if reasons and len(reasons) == len(result.results) else None


def _settle_retry(
    taken: Taken, attempt: Attempt, dead: Sequence[JsonObject], now: float
) -> Settlement:
    waiting = _failures(attempt.retry)
    kept = {name: value for name, value in (attempt.retry or {}).items() if name != "event"}
    settlement = Settlement(
        delivery=taken.delivery,
        status=Status.WAITING,
        due=now + attempt.pause,
        progress=_to_json({**kept, **({_DEAD: dead} if dead else {})}),
        failures=[*map(_describe, [*waiting, *dead])],
    )
    parked = [failure for failure in waiting if failure.get("remedy") == "settings"]
    if not parked:
        return settlement
    return replace(settlement, status=Status.PARKED, scope=_scope_of(parked, attempt.result))


def _scope_of(parked: Sequence[JsonObject], result: EventResult) -> str:
    """Return what has to be mended.

    A 401 parks the instance, a 403 its endpoint, which names the directory too, and any other
    wrong setting its subscription.
    """
    if any(failure.get("code") == _INVALID_AUTHENTICATION for failure in parked):
        return WHOLE_INSTANCE
    names = [failure.get("subscription") for failure in parked]
    for part in result.results:
        if part.subscription in names and part.exchanges and _is_forbidden(part.exchanges[-1]):
            return stored_key(f"endpoint {part.exchanges[-1].endpoint}")
    return stored_key(f"subscription {names[0]}")


def _is_forbidden(exchange: Exchange) -> bool:
    """Return whether the partner refused a request with 403, or an open circuit held it back."""
    return exchange.status == HTTPStatus.FORBIDDEN or exchange.error == _FORBIDDEN


def settle_error(taken: Taken, error: BaseException, due: float) -> Settlement:
    """Return the settlement of an attempt that a mistake of the host or the kit ended."""
    failure = Failure(
        subscription="",
        action="",
        code="WORKER_ERROR",
        message=f"the attempt ended with {type(error).__name__}; the log has the place",
    )
    return replace(put_back(taken, due), failures=[failure])


def put_back(taken: Taken, due: float) -> Settlement:
    """Return the settlement of a delivery that is attempted again as if this attempt had not been."""
    return Settlement(
        delivery=taken.delivery,
        status=Status.WAITING,
        due=due,
        progress=taken.progress,
        revision=taken.revision,
    )


def settle_lost_revision(taken: Taken, error: RevisionError) -> Settlement:
    """Return the settlement of a replay with a mapping of then that cannot be used."""
    failure = Failure(subscription="", action="", code="REVISION_NOT_FOUND", message=str(error))
    return replace(put_back(taken, 0.0), status=Status.DEAD, failures=[failure])


def _read_progress(taken: Taken) -> dict[str, Any]:
    read: object = json.loads(taken.progress) if taken.progress else {}
    return read if isinstance(read, dict) else {}


def _failures(document: JsonObject | None) -> list[dict[str, Any]]:
    failures = (document or {}).get("failures")
    rows: Sequence[object] = failures if isinstance(failures, list | tuple) else ()
    return [dict(row) for row in rows if isinstance(row, Mapping)]


def _describe(failure: JsonObject) -> Failure:
    return Failure(
        subscription=str(failure.get("subscription", "")),
        action=str(failure.get("action", "")),
        code=str(failure.get("code", "")),
        message=str(failure.get("message", "")),
    )


def _to_json(value: object) -> bytes:
    # Not orjson: jobs of a destination may hold integers of any size.
    return json.dumps(value).encode()
