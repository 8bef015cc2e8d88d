"""Documents of the API: what the queue returns, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from destination_host.queue import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from destination_host.queue import Exported, Found, RejectedItem, Shown, Stats
    from destination_kit import JsonObject


def describe_stats(stats: Stats) -> dict[str, Any]:
    """Return the figures of the queue."""
    return {
        "instances": {
            name: {
                "deliveries": describe_counts(instance.counts),
                "overdueSeconds": round(instance.overdue, 3),
            }
            for name, instance in stats.instances.items()
        },
        "unfinished": stats.unfinished,
        "usedBytes": stats.used_bytes,
        "freeBytes": stats.free_bytes,
        "rejected": {"items": stats.rejected, "bytes": stats.rejected_bytes},
        "commitSeconds": round(stats.commit_seconds, 6),
        "stalledSeconds": round(stats.stalled_seconds, 3),
    }


def describe_counts(counts: Mapping[Status, int]) -> dict[str, int]:
    """Return the deliveries by state, each state with its number."""
    return {status.value: counts.get(status, 0) for status in Status}


def describe_delivery(found: Found) -> dict[str, Any]:
    """Return a delivery as lists show it."""
    is_parked = found.status is Status.PARKED
    return {
        "delivery": found.delivery,
        "instance": found.instance,
        "source": found.source,
        "messageId": found.message_id,
        "user": found.order_key,
        "receivedAt": moment(found.received_at),
        "status": found.status.value,
        "attempts": found.attempts,
        "dueAt": moment(found.due),
        "finishedAt": moment(found.finished_at),
        "failures": [asdict(failure) for failure in found.failures],
        "reason": "" if is_parked else found.reason,
        # An empty scope is that of the whole instance.
        "parkedIn": (found.reason or "instance") if is_parked else None,
    }


def describe_shown(shown: Shown) -> dict[str, Any]:
    """Return a delivery with its event and the records of its attempts."""
    return {
        **describe_delivery(shown.found),
        "event": json.loads(shown.body),
        "records": [{"attempt": number, **record} for number, record in shown.attempts],
    }


def describe_rejected(number: int, rejected: RejectedItem) -> dict[str, Any]:
    """Return a rejected item; bytes that are no UTF-8 are replaced."""
    return {
        "item": number,
        "source": rejected.source,
        "receivedAt": moment(rejected.received_at),
        "code": rejected.code,
        "reason": rejected.reason,
        "body": rejected.body.decode("utf-8", "replace"),
    }


def export_line(exported: Exported) -> bytes:
    """Return a line that `dkit deliver` takes: the event, or a letter with the failed subscriptions.

    The event is copied byte for byte, since a parser would round a number of many digits.
    """
    event = exported.body.replace(b"\n", b" ")
    progress: JsonObject = json.loads(exported.progress) if exported.progress else {}
    failures = [*_rows(progress.get("failures")), *_rows(progress.get("dead"))]
    if not failures:
        return event
    kept = {name: progress[name] for name in ("receivedAt",) if name in progress}
    rest = json.dumps({"failures": failures, **kept}).encode()
    return b'{"event": ' + event + b", " + rest[1:]


def moment(seconds: float | None) -> str | None:
    """Return Unix seconds as a time in UTC, as ISO 8601 has it."""
    if seconds is None:
        return None
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _rows(value: object) -> list[Any]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
