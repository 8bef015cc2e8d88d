"""Put: keep events and start their deliveries, in two statements however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Final

import orjson

from destination_host.queue.keys import stored_key
from destination_host.queue.records import NewEvent, RejectedItem, Route
from destination_host.queue.sqlite.bulk import to_json
from destination_host.queue.sqlite.schema import State
from destination_host.queue.state import EngineState

_INSERT_EVENTS: Final = """INSERT OR IGNORE INTO events
    (id, source, message_id, received_at, unrouted, body)
    SELECT ? + key, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
        json_extract(value, '$[2]'), json_extract(value, '$[3]'), json_extract(value, '$[4]')
    FROM json_each(?)"""

_STORED: Final = "SELECT json_group_array(id) FROM events WHERE id >= ?"

# Whether a delivery is behind an earlier one of the same call is known before: column 3.
_INSERT_DELIVERIES: Final = """INSERT INTO deliveries
    (id, event, instance, order_key, state, due, finished_at, reason)
    SELECT ? + key, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
        json_extract(value, '$[2]'),
        CASE WHEN json_extract(value, '$[3]') = 0 AND EXISTS (
            SELECT 1 FROM deliveries AS h WHERE h.instance = json_extract(value, '$[1]')
            AND h.order_key = json_extract(value, '$[2]') AND h.state <= 2)
        THEN 3 ELSE json_extract(value, '$[3]') END,
        ?, CASE json_extract(value, '$[3]') WHEN 5 THEN ? END, json_extract(value, '$[4]')
    FROM json_each(?)"""

#: Rejected items that are read at a time to make room.
_OLDEST: Final = 100


@dataclass(frozen=True, slots=True)
class EncodedPut:
    """The arguments of a call of `put`, encoded by its caller."""

    #: The rows of the events as JSON, without the brackets of the list.
    rows: bytes
    routes: Sequence[Sequence[Route]]
    rejected: Sequence[RejectedItem]


def encode_put(events: Sequence[NewEvent], rejected: Sequence[RejectedItem]) -> EncodedPut:
    """Encode a call; raise `ValueError` for a body that is no UTF-8."""
    rows = [
        (
            event.source,
            None if event.message_id is None else stored_key(event.message_id),
            event.received_at,
            int(not event.routes),
            event.body.decode(),
        )
        for event in events
    ]
    return EncodedPut(orjson.dumps(rows)[1:-1], [event.routes for event in events], rejected)


def put(
    database: Connection, state: EngineState, puts: Sequence[EncodedPut], now: float
) -> list[list[bool]]:
    """Keep the events of several calls; return for each call which of its events are new."""
    first = state.next_event
    routes = [event_routes for call in puts for event_routes in call.routes]
    stored: set[int] = set()
    if routes:
        rows = b"[" + b",".join(call.rows for call in puts if call.rows) + b"]"
        inserted = database.execute(_INSERT_EVENTS, (first, rows.decode())).rowcount
        stored = _stored(database, first, inserted, len(routes))
    state.next_event += len(routes)
    _insert_deliveries(
        database,
        state,
        (
            (first + i, route)
            for i, group in enumerate(routes)
            for route in group
            if first + i in stored
        ),
        now,
    )
    for call in puts:
        _insert_rejected(database, state, call.rejected)
    numbers = iter(range(first, state.next_event))
    return [[next(numbers) in stored for _ in call.routes] for call in puts]


def _stored(database: Connection, first: int, inserted: int, count: int) -> set[int]:
    if inserted == count:
        return {*range(first, first + count)}
    [text] = database.execute(_STORED, (first,)).fetchone()
    return {*orjson.loads(text)}


def _insert_deliveries(
    database: Connection, state: EngineState, routes: Iterator[tuple[int, Route]], now: float
) -> None:
    heads: set[tuple[str, str]] = set()
    rows = []
    for event, route in routes:
        key = None if route.order_key is None else stored_key(route.order_key)
        number = State.READY
        if route.refusal is not None:
            number = State.SKIPPED
        elif key is not None:
            number = State.BEHIND if (route.instance, key) in heads else State.READY
            heads.add((route.instance, key))
        rows.append((event, route.instance, key, int(number), route.refusal or ""))
        state.counts[route.instance, number.status] += 1
    if rows:
        arguments = (state.next_delivery, now, now, to_json(rows))
        database.execute(_INSERT_DELIVERIES, arguments)
        state.next_delivery += len(rows)


def _insert_rejected(
    database: Connection, state: EngineState, items: Sequence[RejectedItem]
) -> None:
    database.executemany(
        "INSERT INTO rejected (source, received_at, code, reason, body) VALUES (?, ?, ?, ?, ?)",
        [(i.source, i.received_at, i.code, i.reason, i.body) for i in items],
    )
    state.rejected += len(items)
    state.rejected_bytes += sum(len(rejected.body) for rejected in items)


def trim_rejected(database: Connection, state: EngineState, most: int) -> None:
    """Remove the oldest rejected items until the others have at most this many bytes."""
    while state.rejected_bytes > most:
        oldest = "SELECT id, length(body) FROM rejected ORDER BY id LIMIT ?"
        last = 0
        for number, size in database.execute(oldest, (_OLDEST,)).fetchall():
            if state.rejected_bytes <= most:
                break
            last = number
            state.rejected -= 1
            state.rejected_bytes -= size
        database.execute("DELETE FROM rejected WHERE id <= ?", (last,))
