"""Rows to and from SQLite as one JSON text: a statement per transaction instead of one per row.

Python's sqlite3 gives up the interpreter's lock for each row that it binds or fetches, and waits up
to 5 ms to get it back while another thread computes. A single text costs that once.
"""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any

import orjson


def to_json(rows: object) -> str:
    """Return rows as JSON text, for `json_each(?)`."""
    return orjson.dumps(rows).decode()


def fetch_all(database: Connection, statement: str, arguments: Sequence[object]) -> list[Any]:
    """Return the rows of a statement that selects one column with `json_array(…)`.

    The order is that of an inner `SELECT … ORDER BY`.
    """
    [text] = database.execute(
        f"SELECT json_group_array(json(row)) FROM ({statement})",
        arguments,
    ).fetchone()
    rows: list[Any] = orjson.loads(text)
    return rows
