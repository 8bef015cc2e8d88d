"""Take: hand out what is due, the first of each line only; suspects alone, parked ones as probes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from sqlite3 import Connection
from typing import Any, Final

from destination_host.queue.records import WHOLE_INSTANCE, Status, Taken
from destination_host.queue.sqlite.bulk import fetch_all, to_json
from destination_host.queue.state import EngineState, Lease

_DUE: Final = """SELECT id FROM deliveries
    WHERE instance = ? AND state = 0 AND due <= ? ORDER BY due, id LIMIT ?"""

_PROBE: Final = """SELECT id FROM deliveries
    WHERE state = 2 AND instance = ? AND scope = ? ORDER BY due, id LIMIT 1"""

_LEASE: Final = """UPDATE deliveries SET state = 1, attempts = attempts + 1
    WHERE id IN (SELECT value FROM json_each(?))"""

_SELECT: Final = """SELECT json_array(d.id, d.instance, e.source, e.body, e.received_at,
        d.attempts, d.progress, d.order_key, CASE d.pinned WHEN 1 THEN d.revision ELSE '' END
    ) AS row
    FROM json_each(?) AS j JOIN deliveries AS d ON d.id = j.value JOIN events AS e ON e.id = d.event
    ORDER BY j.key"""


def take(
    database: Connection, state: EngineState, room: Mapping[str, int], now: float
) -> list[Taken]:
    """Take deliveries, at most as many of each instance as it has room for."""
    if any(number in state.in_flight for number in state.suspects):
        return []  # it is alone until it is settled
    suspect = next((number for number, name in state.suspects.items() if name in room), None)
    if suspect is not None:
        return [] if state.in_flight else _lease(database, state, {suspect: None})
    chosen: dict[int, str | None] = {}
    for instance, free in room.items():
        if free > 0:
            chosen |= _choose(database, state, instance, free, now)
    return _lease(database, state, chosen)


def _choose(
    database: Connection, state: EngineState, instance: str, free: int, now: float
) -> dict[int, str | None]:
    """Return the deliveries of an instance to hand out, each with the scope that it probes."""
    chosen: dict[int, str | None] = {}
    for scope in state.scopes_to_probe(instance, now):
        found = database.execute(_PROBE, (instance, scope)).fetchone()
        if found and len(chosen) < free:
            chosen[found[0]] = scope
            state.probe(instance, scope, now)
    if (instance, WHOLE_INSTANCE) not in state.scopes and len(chosen) < free:
        # One row with all numbers: a fetch of each would wait for the interpreter each time.
        statement = f"SELECT json_group_array(id) FROM ({_DUE})"
        [text] = database.execute(statement, (instance, now, free - len(chosen))).fetchone()
        chosen |= dict.fromkeys(map(int, text[1:-1].split(",") if text != "[]" else ()))
    return chosen


def _lease(
    database: Connection, state: EngineState, chosen: Mapping[int, str | None]
) -> list[Taken]:
    if not chosen:
        return []
    numbers = to_json([*chosen])
    database.execute(_LEASE, (numbers,))
    return [*_taken(state, fetch_all(database, _SELECT, (numbers,)), chosen)]


def _taken(
    state: EngineState, rows: Collection[Any], chosen: Mapping[int, str | None]
) -> Iterator[Taken]:
    for number, instance, source, body, received_at, attempt, progress, key, revision in rows:
        scope = chosen[number]
        state.in_flight[number] = Lease(instance, key, attempt, scope)
        before = Status.WAITING if scope is None else Status.PARKED
        state.move(instance, before, Status.IN_FLIGHT)
        yield Taken(
            delivery=number,
            instance=instance,
            source=source,
            body=body.encode(),
            received_at=received_at,
            attempt=attempt,
            progress=(progress or "").encode(),
            probed_scope=scope,
            revision=revision,
        )
