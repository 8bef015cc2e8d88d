"""Lines of the queue in SQLite: of each user and instance, one delivery at most is the head."""

from __future__ import annotations

from collections.abc import Collection
from sqlite3 import Connection
from typing import Final, TypeAlias

from destination_host.queue.sqlite.bulk import to_json

Line: TypeAlias = tuple[str, str]
"""An instance and an order key."""

WAIT_AGAIN: Final = """CASE WHEN EXISTS (
    SELECT 1 FROM deliveries AS b WHERE b.instance = deliveries.instance
    AND b.order_key = deliveries.order_key AND b.state = 3 AND b.id < deliveries.id
) THEN 3 ELSE 0 END"""
"""The state of a delivery that waits again: a replay may have put an earlier one behind it."""

_LINES: Final = """SELECT json_extract(value, '$[0]') AS instance,
    json_extract(value, '$[1]') AS order_key FROM json_each(?)"""

# A correlated subquery makes SQLite look up one line at a time; it would scan the table otherwise.
_PROMOTE: Final = f"""UPDATE deliveries SET state = 0 WHERE id IN (
    SELECT (SELECT min(b.id) FROM deliveries AS b WHERE b.instance = line.instance
            AND b.order_key = line.order_key AND b.state = 3)
    FROM ({_LINES}) AS line WHERE NOT EXISTS (
        SELECT 1 FROM deliveries AS h WHERE h.instance = line.instance
        AND h.order_key = line.order_key AND h.state <= 2))"""

_DEMOTE: Final = f"""UPDATE deliveries SET state = 3 WHERE suspect = 0 AND id IN (
    SELECT (SELECT h.id FROM deliveries AS h WHERE h.instance = line.instance
            AND h.order_key = line.order_key AND h.state <= 2 AND h.state = 0
            AND EXISTS (SELECT 1 FROM deliveries AS b WHERE b.instance = h.instance
                AND b.order_key = h.order_key AND b.state = 3 AND b.id < h.id))
    FROM ({_LINES}) AS line)"""


def promote(database: Connection, lines: Collection[Line]) -> None:
    """Make the first delivery behind the head of each line, if there is no head, its head."""
    if lines:
        promote_json(database, to_json([*{*lines}]))


def promote_json(database: Connection, lines: str) -> None:
    """Do what `promote` does for lines in a JSON text."""
    database.execute(_PROMOTE, (lines,))


def reorder(database: Connection, lines: Collection[Line]) -> None:
    """Let an earlier delivery that came back pass a head that only waits."""
    if lines:
        database.execute(_DEMOTE, (to_json([*{*lines}]),))
        promote(database, lines)
