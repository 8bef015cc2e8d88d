"""Recovery: what becomes of the leases of a process that ended."""

from __future__ import annotations

from sqlite3 import Connection

from destination_host.queue.records import KILLED_ITS_WORKER, MAX_KILLS
from destination_host.queue.sqlite.lines import WAIT_AGAIN, promote
from destination_host.queue.sqlite.schema import State
from destination_host.queue.state import EngineState, Scope


def load_state(database: Connection, now: float) -> EngineState:
    """Return the state of a file, whose leases have ended with the process that held them.

    The deliveries in flight become suspects: one of them may have killed the process. Only where
    there is a single one, it did, or the machine stopped by chance.
    """
    in_flight = [row[0] for row in database.execute("SELECT id FROM deliveries WHERE state = 1")]
    with database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE deliveries SET state = 0, suspect = 1 WHERE state = 1")
        if len(in_flight) == 1:
            database.execute("UPDATE deliveries SET kills = kills + 1 WHERE id = ?", in_flight)
            _bury(database, in_flight[0], now)
    return _read_state(database, now)


def end_leases(database: Connection, state: EngineState) -> None:
    """Let what is in flight wait again, without suspicion."""
    rows = database.execute("SELECT id, instance, order_key FROM deliveries WHERE state = 1")
    lines = [(instance, key) for _, instance, key in rows.fetchall() if key is not None]
    database.execute(f"UPDATE deliveries SET state = {WAIT_AGAIN} WHERE state = 1")
    promote(database, lines)
    state.in_flight.clear()


def _bury(database: Connection, delivery: int, now: float) -> None:
    """Make a delivery dead that was alone in flight at as many kills as are allowed."""
    failure = (
        f'[{{"subscription": "", "action": "", "code": "{KILLED_ITS_WORKER}", "message":'
        f' "the process was killed {MAX_KILLS} times while only this delivery was in flight"}}]'
    )
    buried = database.execute(
        "UPDATE deliveries SET state = ?, suspect = 0, finished_at = ?, failures = ?"
        " WHERE id = ? AND kills >= ? RETURNING instance, order_key",
        (State.DEAD, now, failure, delivery, MAX_KILLS),
    ).fetchall()
    promote(database, [(instance, key) for instance, key in buried if key is not None])


def _read_state(database: Connection, now: float) -> EngineState:
    last = dict(database.execute("SELECT name, seq FROM sqlite_sequence"))
    rejected = "SELECT count(*), coalesce(sum(length(body)), 0) FROM rejected"
    state = EngineState(last.get("events", 0) + 1, last.get("deliveries", 0) + 1)
    state.rejected, state.rejected_bytes = database.execute(rejected).fetchone()
    suspects = "SELECT id, instance FROM deliveries WHERE suspect = 1 ORDER BY kills, id"
    state.suspects = dict(database.execute(suspects))
    parked = "SELECT instance, scope, count(*) FROM deliveries WHERE state = 2 GROUP BY 1, 2"
    for instance, scope, members in database.execute(parked):
        state.scopes[instance, scope] = Scope(members, now)
    counts = "SELECT instance, state, count(*) FROM deliveries GROUP BY 1, 2"
    for instance, number, count in database.execute(counts):
        state.counts[instance, State(number).status] += count
    return state
