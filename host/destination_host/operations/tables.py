"""Tables of `dkit queue`, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from destination_kit import Writer

_STATES: Final = ("waiting", "in_flight", "parked", "delivered", "skipped", "dead")
_MEGABYTE: Final = 1_000_000


def show_status(status: dict[str, Any], writer: Writer) -> None:
    """Show how many deliveries each instance has, and what else the queue says of itself."""
    rows = [
        (
            name,
            *(f"{instance['deliveries'][state]:,}" for state in _STATES),
            f"{instance['overdueSeconds']:,.0f} s",
        )
        for name, instance in status["instances"].items()
    ]
    if rows:
        heads = ("instance", *(state.replace("_", " ") for state in _STATES), "overdue")
        writer.table(heads, rows)
    else:
        writer.text("the queue is empty")
    rejected = status["rejected"]
    writer.text(f"{rejected['items']:,} rejected items, {_megabytes(status['usedBytes'])} in use")
    for replay in status["replays"]:
        done = replay["replayed"] + replay["overtaken"]
        writer.text(f"replay {replay['replay']}: {done:,} of {replay['matching']:,}")


def show_list(deliveries: list[dict[str, Any]], writer: Writer) -> None:
    """Show deliveries, one a row."""
    if not deliveries:
        writer.text("no delivery matches")
        return
    heads = ("delivery", "received", "instance", "user", "status", "attempts", "why")
    rows = [
        (
            row["delivery"],
            row["receivedAt"],
            row["instance"],
            row["user"] or "",
            row["status"],
            row["attempts"],
            _why(row)[:100],
        )
        for row in deliveries
    ]
    writer.table(heads, rows)


def show_delivery(shown: dict[str, Any], writer: Writer) -> None:
    """Show a delivery with its attempts and its event."""
    names = ("delivery", "instance", "source", "user", "messageId", "receivedAt", "status")
    more = ("dueAt", "finishedAt", "reason", "parkedIn")
    for name in (*names, *more):
        if shown[name] not in (None, ""):
            writer.text(f"{name}: {shown[name]}")
    for failure in shown["failures"]:
        writer.text(f"failure: {failure['subscription']} {failure['code']}: {failure['message']}")
    for record in shown["records"]:
        writer.text()
        writer.text(f"attempt {record['attempt']}, {record.get('seconds', 0):g} s")
        for line in _describe_results(record.get("results", ())):
            writer.text(f"  {line}")
    writer.text()
    writer.text(json.dumps(shown["event"], indent=2, ensure_ascii=False))


def _describe_results(results: list[dict[str, Any]]) -> Iterator[str]:
    for result in results:
        why = result.get("reason") or " ".join(
            str(result[name]) for name in ("code", "message") if name in result
        )
        yield f"{result['subscription']}: {result['status']} {why}".rstrip()
        for exchange in result.get("exchanges", ()):
            outcome = exchange.get("status") or exchange.get("error", "")
            request_id = exchange.get("requestId", "")
            yield f"  {exchange['method']} {exchange['url']} {outcome} {request_id}".rstrip()
            if body := exchange.get("body"):
                yield f"    {body}"


def _why(row: dict[str, Any]) -> str:
    if row["failures"]:
        failure = row["failures"][0]
        return f"{failure['code']}: {failure['message']}"
    return str(row["reason"] or row["parkedIn"] or "")


def _megabytes(count: int) -> str:
    return f"{count / _MEGABYTE:,.1f} MB"
