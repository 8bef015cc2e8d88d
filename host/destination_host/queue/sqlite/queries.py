"""Reads of the SQLite queue, on a connection of their own: they hold up no put and no take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sqlite3 import Connection
from typing import Any, Final

import orjson

from destination_host.queue.keys import stored_key, user_keys
from destination_host.queue.records import (
    FINAL,
    Exported,
    Failure,
    Filter,
    Found,
    RejectedItem,
    Replayed,
    Shown,
    Status,
)
from destination_host.queue.sqlite.schema import State

_COLUMNS: Final = """d.id, d.instance, e.source, e.message_id, d.order_key, e.received_at, d.state,
    d.attempts, d.due, d.finished_at, d.failures, CASE d.state WHEN 2 THEN d.scope ELSE d.reason END"""

_JOINED: Final = "FROM deliveries AS d JOIN events AS e ON e.id = d.event"

_OVERTAKEN: Final = """(d.overtaken OR d.order_key IS NOT NULL AND EXISTS (
    SELECT 1 FROM deliveries AS later WHERE later.order_key = d.order_key
    AND later.instance = d.instance AND later.id > d.id AND later.state = 4))"""

_FAILED: Final = """EXISTS (SELECT 1 FROM json_each(d.failures) AS f
    WHERE json_extract(f.value, '$.{}') = ?)"""

_IN: Final = "{} IN (SELECT value FROM json_each(?))"


def _numbers_of(statuses: object) -> str:
    return orjson.dumps([int(s) for s in State if s.status in {*_as_statuses(statuses)}]).decode()


def _as_statuses(statuses: Any) -> list[Status]:
    return [Status(status) for status in statuses]


def _json_of(values: Any) -> str:
    return orjson.dumps([*values]).decode()


# Attribute of a filter -> the condition that it sets, and how its value becomes the argument.
_CONDITIONS: Final[dict[str, tuple[str, Callable[[Any], object]]]] = {
    "deliveries": (_IN.format("d.id"), _json_of),
    "instance": ("d.instance = ?", str),
    "source": ("e.source = ?", str),
    "statuses": (_IN.format("d.state"), _numbers_of),
    "action": (_FAILED.format("action"), str),
    "code": (_FAILED.format("code"), str),
    "order_key": ("d.order_key = ?", stored_key),
    "user": (_IN.format("d.order_key"), lambda user: _json_of(user_keys(user))),
    "message_id": ("e.message_id = ?", stored_key),
    "since": ("e.received_at >= ?", float),
    "until": ("e.received_at < ?", float),
}


def where(deliveries: Filter, *more: tuple[str, object]) -> tuple[str, list[object]]:
    """Return the condition of a filter, and more ones, with their arguments."""
    given = [
        (condition, convert(value))
        for name, (condition, convert) in _CONDITIONS.items()
        if (value := getattr(deliveries, name)) not in (None, ())
    ]
    conditions = [*given, *more]
    text = " AND ".join(condition for condition, _ in conditions) or "1"
    return text, [argument for _, argument in conditions]


def find(database: Connection, deliveries: Filter, limit: int, before: int | None) -> list[Found]:
    """Return deliveries that match, the newest first."""
    bound = [("d.id < ?", before)] if before is not None else []
    condition, arguments = where(deliveries, *bound)
    statement = f"SELECT {_COLUMNS} {_JOINED} WHERE {condition} ORDER BY d.id DESC LIMIT ?"
    return [_found(row) for row in database.execute(statement, (*arguments, limit))]


def find_numbers(
    database: Connection, deliveries: Filter, statuses: frozenset[Status], limit: int
) -> list[int]:
    """Return the numbers of deliveries that match and have one of these states."""
    among = (_IN.format("d.state"), _numbers_of(statuses))
    condition, arguments = where(deliveries, among)
    statement = f"SELECT d.id {_JOINED} WHERE {condition} ORDER BY d.id LIMIT ?"
    return [number for [number] in database.execute(statement, (*arguments, limit))]


def find_final(database: Connection, deliveries: Filter, limit: int) -> list[int]:
    """Return the numbers of final deliveries that match."""
    return find_numbers(database, deliveries, FINAL, limit)


def count(database: Connection, deliveries: Filter) -> dict[Status, int]:
    """Return how many deliveries match, by state."""
    condition, arguments = where(deliveries)
    statement = f"SELECT d.state, count(*) {_JOINED} WHERE {condition} GROUP BY d.state"
    counts: dict[Status, int] = {}
    for number, n in database.execute(statement, arguments):
        status = State(number).status  # two numbers are `waiting`
        counts[status] = counts.get(status, 0) + n
    return counts


def export(database: Connection, deliveries: Filter, limit: int, after: int) -> list[Exported]:
    """Return deliveries that match with their events, the oldest first."""
    condition, arguments = where(deliveries, ("d.id > ?", after))
    statement = f"SELECT d.id, e.body, d.progress {_JOINED} WHERE {condition} ORDER BY d.id LIMIT ?"
    return [
        Exported(delivery=number, body=body.encode(), progress=(progress or "").encode())
        for number, body, progress in database.execute(statement, (*arguments, limit))
    ]


def find_revision(database: Connection, instance: str, revision: str) -> bytes | None:
    """Return a configuration of an instance; None where it is not kept."""
    statement = "SELECT document FROM revisions WHERE instance = ? AND revision = ?"
    row = database.execute(statement, (instance, revision)).fetchone()
    return row and bytes(row[0].encode())


def find_replays(
    database: Connection, deliveries: Filter, after: int, limit: int
) -> list[tuple[int, bool]]:
    """Return final deliveries that match, and for each whether a later one was delivered."""
    condition, arguments = where(deliveries, ("d.id > ?", after))
    statement = (
        f"SELECT d.id, {_OVERTAKEN} {_JOINED}"
        f" WHERE d.state >= 4 AND {condition} ORDER BY d.id LIMIT ?"
    )
    rows = database.execute(statement, (*arguments, limit))
    return [(number, bool(is_overtaken)) for number, is_overtaken in rows]


def count_replays(database: Connection, deliveries: Filter, after: int) -> Replayed:
    """Return how many final deliveries match, and how many of them a later one has overtaken."""
    condition, arguments = where(deliveries, ("d.id > ?", after))
    statement = (
        f"SELECT count(*), coalesce(sum({_OVERTAKEN}), 0) {_JOINED}"
        f" WHERE d.state >= 4 AND {condition}"
    )
    count, overtaken = database.execute(statement, arguments).fetchone()
    return Replayed(replayed=count - overtaken, overtaken=overtaken)


def show(database: Connection, delivery: int) -> Shown | None:
    """Return a delivery with everything that is kept of it."""
    statement = f"SELECT {_COLUMNS}, e.body, d.progress {_JOINED} WHERE d.id = ?"
    row = database.execute(statement, (delivery,)).fetchone()
    if row is None:
        return None
    attempts = "SELECT number, record FROM attempts WHERE delivery = ? ORDER BY number"
    return Shown(
        found=_found(row[:-2]),
        body=row[-2].encode(),
        progress=(row[-1] or "").encode(),
        attempts=tuple(
            (number, orjson.loads(record))
            for number, record in database.execute(attempts, (delivery,))
        ),
    )


def rejected(
    database: Connection, limit: int, before: int | None
) -> list[tuple[int, RejectedItem]]:
    """Return rejected items with their numbers, the newest first."""
    rows = database.execute(
        "SELECT id, source, body, received_at, code, reason FROM rejected"
        " WHERE id < ? ORDER BY id DESC LIMIT ?",
        (2**63 - 1 if before is None else before, limit),
    )
    return [(number, RejectedItem(*columns)) for number, *columns in rows]


def overdue(database: Connection, instances: Sequence[str], now: float) -> dict[str, float]:
    """Return for each instance by how many seconds its oldest delivery that is due is late."""
    statement = "SELECT min(due) FROM deliveries WHERE instance = ? AND state = 0"
    firsts = {name: database.execute(statement, (name,)).fetchone()[0] for name in instances}
    return {name: max(0.0, now - due) for name, due in firsts.items() if due is not None}


def used_bytes(database: Connection) -> int:
    """Return the bytes in use; pages that a purge has freed are used again."""
    pages, free, size = (
        database.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _found(row: tuple[Any, ...]) -> Found:
    *columns, number, attempts, due, finished_at, failures, reason = row
    status = State(number).status
    delivery, instance, source, message_id, order_key, received_at = columns
    return Found(
        delivery=delivery,
        instance=instance,
        source=source,
        message_id=message_id,
        order_key=order_key,
        received_at=received_at,
        status=status,
        attempts=attempts,
        due=due if status is Status.WAITING else None,
        finished_at=finished_at,
        failures=tuple(Failure(**failure) for failure in orjson.loads(failures or "[]")),
        reason=reason,
    )
