"""Finish: settle what is in flight, promote the next of each line, release scopes that are mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from sqlite3 import Connection
from typing import Final

from destination_host.queue.records import FINAL, Settlement, Status
from destination_host.queue.sqlite.bulk import to_json
from destination_host.queue.sqlite.lines import WAIT_AGAIN, promote
from destination_host.queue.sqlite.schema import State
from destination_host.queue.state import MOST_RECORDS, EngineState, Lease

_STATES: Final = {
    Status.WAITING: State.READY,
    Status.PARKED: State.PARKED,
    Status.DELIVERED: State.DELIVERED,
    Status.SKIPPED: State.SKIPPED,
    Status.DEAD: State.DEAD,
}

_SETTLE: Final = f"""UPDATE deliveries SET
        state = CASE s.state WHEN 0 THEN {WAIT_AGAIN} ELSE s.state END,
        due = s.due, scope = s.scope, progress = s.progress, failures = s.failures,
        reason = s.reason, revision = s.revision, finished_at = s.finished_at,
        suspect = 0, kills = 0
    FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS state,
            json_extract(value, '$[2]') AS due, json_extract(value, '$[3]') AS scope,
            json_extract(value, '$[4]') AS progress, json_extract(value, '$[5]') AS failures,
            json_extract(value, '$[6]') AS reason, json_extract(value, '$[7]') AS revision,
            json_extract(value, '$[8]') AS finished_at
        FROM json_each(?)) AS s
    WHERE deliveries.id = s.id"""

_RECORD_ATTEMPTS: Final = """INSERT OR REPLACE INTO attempts (delivery, number, record)
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
    FROM json_each(?)"""

_OVERTAKE: Final = """UPDATE deliveries SET overtaken = 1 WHERE id IN (
    SELECT d.id FROM json_each(?) AS j CROSS JOIN deliveries AS d
    WHERE d.state = 6 AND d.instance = json_extract(j.value, '$[1]')
    AND d.order_key = json_extract(j.value, '$[2]') AND d.id < json_extract(j.value, '$[0]'))"""


def finish(
    database: Connection, state: EngineState, settlements: Sequence[Settlement], now: float
) -> list[tuple[str, str]]:
    """Settle deliveries; return the (instance, scope) that a delivered probe has shown to be mended."""
    settled = [
        (state.in_flight.pop(settlement.delivery), settlement)
        for settlement in {one.delivery: one for one in settlements}.values()
        if settlement.delivery in state.in_flight
    ]
    if not settled:
        return []
    rows = [_row(settlement, now) for _, settlement in settled]
    database.execute(_SETTLE, (to_json(rows),))
    _record_attempts(database, settled)
    promote(database, [line for line in map(_freed_line, settled) if line])
    _mark_overtaken(database, state, settled)
    return [scope for scope in [state.settle(*pair, now) for pair in settled] if scope]


def _row(settlement: Settlement, now: float) -> tuple[object, ...]:
    is_parked = settlement.status is Status.PARKED
    failures = [asdict(failure) for failure in settlement.failures]
    return (
        settlement.delivery,
        _STATES[settlement.status],
        now if is_parked else settlement.due,
        settlement.scope if is_parked else None,
        settlement.progress.decode() or None,
        to_json(failures) if failures else None,
        settlement.reason,
        settlement.revision,
        now if settlement.status in FINAL else None,
    )


def _record_attempts(database: Connection, settled: Sequence[tuple[Lease, Settlement]]) -> None:
    rows = [
        (settlement.delivery, lease.attempt, settlement.attempt_record.decode())
        for lease, settlement in settled
        if settlement.attempt_record
    ]
    if rows:
        database.execute(_RECORD_ATTEMPTS, (to_json(rows),))
    old = [(number, attempt - MOST_RECORDS) for number, attempt, _ in rows]
    database.executemany(
        "DELETE FROM attempts WHERE delivery = ? AND number <= ?",
        [(number, last) for number, last in old if last > 0],
    )


def _freed_line(pair: tuple[Lease, Settlement]) -> tuple[str, str] | None:
    lease, settlement = pair
    if lease.order_key is None or settlement.status is Status.PARKED:
        return None
    return lease.instance, lease.order_key


def _mark_overtaken(
    database: Connection, state: EngineState, settled: Sequence[tuple[Lease, Settlement]]
) -> None:
    """Mark the dead deliveries whose line goes on after them: a replay would set the user back.

    The mark outlives the delivered ones, which are purged earlier.
    """
    rows = [
        (settlement.delivery, lease.instance, lease.order_key)
        for lease, settlement in settled
        if settlement.status is Status.DELIVERED
        and lease.order_key is not None
        and state.counts[lease.instance, Status.DEAD]
    ]
    if rows:
        database.execute(_OVERTAKE, (to_json(rows),))
