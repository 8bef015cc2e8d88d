"""Releases, replays, drops and purges: changes of many deliveries, in pieces of a few milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Final

from destination_host.queue.records import FINAL, Purged, Retention, Status
from destination_host.queue.sqlite.bulk import fetch_all, to_json
from destination_host.queue.sqlite.lines import WAIT_AGAIN, promote, promote_json, reorder
from destination_host.queue.sqlite.schema import State
from destination_host.queue.state import EngineState

_NUMBERS: Final = "id IN (SELECT value FROM json_each(?))"

_PARKED: Final = """SELECT json_group_array(id), count(*),
        json_group_array(json_array(instance, order_key))
    FROM (SELECT id, instance, order_key FROM deliveries WHERE state = 2 AND instance = ?
        AND scope = ? AND due <= ? ORDER BY due, id LIMIT ?)"""

_RELEASE: Final = f"""UPDATE deliveries SET state = {WAIT_AGAIN}, due = ?, scope = NULL
    WHERE {_NUMBERS}"""

_REPLAY: Final = f"""UPDATE deliveries SET state = 3, due = ?, finished_at = NULL, pinned = ?,
        progress = CASE state WHEN 6 THEN progress END, reason = '', failures = NULL, kills = 0
    WHERE {_NUMBERS}"""

_DROP: Final = f"""UPDATE deliveries SET state = 5, finished_at = ?, reason = ?, scope = NULL,
        suspect = 0 WHERE {_NUMBERS}"""

_ROWS: Final = f"""SELECT json_array(id, instance, order_key, state, scope) AS row
    FROM deliveries WHERE {_NUMBERS} ORDER BY id"""

_FINAL_ROWS: Final = f"""SELECT json_array(id, event, instance, state) AS row
    FROM deliveries WHERE {_NUMBERS} AND state >= 4"""

_EMPTY_EVENTS: Final = f"""UPDATE events SET unrouted = 1, body = '{{}}'
    WHERE {_NUMBERS} AND message_id IS NOT NULL AND received_at > ?
    AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.event = events.id)"""

_EVENTS_WITHOUT_DELIVERIES: Final = f"""DELETE FROM events WHERE {_NUMBERS}
    AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.event = events.id)"""


def count_parked(
    database: Connection, instance: str, scope: str | None
) -> dict[tuple[str, str], int]:
    """Return the parked scopes of an instance, or the one, with how many deliveries are in each."""
    rows = database.execute(
        "SELECT scope, count(*) FROM deliveries WHERE state = 2 AND instance = ? GROUP BY scope",
        (instance,),
    )
    return {(instance, name): n for name, n in rows.fetchall() if scope in (None, name)}


def release(
    database: Connection, state: EngineState, scope: tuple[str, str], until: float, limit: int
) -> int:
    """Let deliveries that were parked in a scope by a time wait again; return how many it moved."""
    numbers, count, lines = database.execute(_PARKED, (*scope, until, limit)).fetchone()
    if count:
        database.execute(_RELEASE, (until, numbers))
        promote_json(database, lines)
        state.move(scope[0], Status.PARKED, Status.WAITING, count)
        state.leave_scope(*scope, count)
    return int(count)


def replay(
    database: Connection, state: EngineState, numbers: Sequence[int], now: float, *, pinned: bool
) -> int:
    """Let those of the deliveries that are final wait again, each in its old place in its line."""
    rows = [
        (number, instance, key, State(at).status)
        for number, instance, key, at, _ in fetch_all(database, _ROWS, (to_json(numbers),))
        if State(at).status in FINAL
    ]
    database.execute(_REPLAY, (now, pinned, to_json([row[0] for row in rows])))
    for _, instance, _, status in rows:
        state.move(instance, status, Status.WAITING)
    alone = to_json([number for number, _, key, _ in rows if key is None])
    database.execute(f"UPDATE deliveries SET state = 0 WHERE {_NUMBERS}", (alone,))
    reorder(database, [(instance, key) for _, instance, key, _ in rows if key is not None])
    return len(rows)


def drop(
    database: Connection, state: EngineState, numbers: Sequence[int], now: float, reason: str
) -> int:
    """Skip those of the deliveries that wait or are parked."""
    rows = [
        (number, instance, key, State(at).status, scope)
        for number, instance, key, at, scope in fetch_all(database, _ROWS, (to_json(numbers),))
        if State(at).status in {Status.WAITING, Status.PARKED}
    ]
    database.execute(_DROP, (now, reason, to_json([row[0] for row in rows])))
    for number, instance, _, status, scope in rows:
        state.move(instance, status, Status.SKIPPED)
        state.suspects.pop(number, None)
        if status is Status.PARKED:
            state.leave_scope(instance, scope)
    promote(database, [(instance, key) for _, instance, key, _, _ in rows if key is not None])
    return len(rows)


def purge(
    database: Connection, state: EngineState, retention: Retention, now: float, limit: int
) -> Purged:
    """Remove final deliveries that are older than their retention, and events without any."""
    deliveries = events = 0
    has_more = False
    for states, seconds in (("IN (4, 5)", retention.delivered), ("= 6", retention.dead)):
        found = fetch_all(
            database,
            f"SELECT json_array(id, event, instance, state) AS row FROM deliveries"
            f" WHERE state {states} AND finished_at <= ? LIMIT ?",
            (now - seconds, limit - deliveries),
        )
        has_more = has_more or len(found) == limit - deliveries
        deliveries += len(found)
        events += _remove(database, state, found)
    unrouted = "SELECT id FROM events WHERE unrouted = 1 AND received_at <= ? LIMIT ?"
    removed = database.execute(
        f"DELETE FROM events WHERE id IN ({unrouted})", (now - retention.delivered, limit)
    ).rowcount
    has_more = has_more or removed == limit
    unused_since = now - max(retention.delivered, retention.dead)
    database.execute("DELETE FROM revisions WHERE used_until <= ?", (unused_since,))
    return Purged(deliveries=deliveries, events=events + removed, has_more=has_more)


def expunge(
    database: Connection,
    state: EngineState,
    numbers: Sequence[int],
    remembered_from: float,
) -> Purged:
    """Remove those of the deliveries that are final, and the bodies of events without any other.

    An event that arrived later than `remembered_from` stays without its body.
    """
    found = fetch_all(database, _FINAL_ROWS, (to_json(numbers),))
    events = to_json(sorted({event for _, event, _, _ in found}))
    arguments = (events, remembered_from)
    _remove_deliveries(database, state, found)
    database.execute(_EMPTY_EVENTS, arguments)
    removed = database.execute(f"{_EVENTS_WITHOUT_DELIVERIES} AND unrouted = 0", (events,)).rowcount
    return Purged(deliveries=len(found), events=removed)


def keep_revision(
    database: Connection, instance: str, revision: str, document: str, now: float
) -> None:
    """Keep a configuration as that of now; the one before is used until now."""
    database.execute(
        "UPDATE revisions SET used_until = ? WHERE instance = ? AND used_until IS NULL",
        (now, instance),
    )
    database.execute(
        "INSERT INTO revisions (instance, revision, document) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET used_until = NULL",
        (instance, revision, document),
    )


def _remove(
    database: Connection, state: EngineState, rows: Sequence[tuple[int, int, str, int]]
) -> int:
    """Remove deliveries with their attempts; return how many events went with them."""
    _remove_deliveries(database, state, rows)
    events = to_json(sorted({event for _, event, _, _ in rows}))
    return database.execute(_EVENTS_WITHOUT_DELIVERIES, (events,)).rowcount if rows else 0


def _remove_deliveries(
    database: Connection, state: EngineState, rows: Sequence[tuple[int, int, str, int]]
) -> None:
    if not rows:
        return
    numbers = to_json([number for number, _, _, _ in rows])
    database.execute(f"DELETE FROM deliveries WHERE {_NUMBERS}", (numbers,))
    database.execute(
        "DELETE FROM attempts WHERE delivery IN (SELECT value FROM json_each(?))", (numbers,)
    )
    for _, _, instance, at in rows:
        state.counts[instance, State(at).status] -= 1
