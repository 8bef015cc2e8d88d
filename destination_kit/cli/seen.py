"""The names of the events in a file so far, so that none is sent twice; on disk, not in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sqlite3 import Connection


class Seen:
    """Names, each with the first line that had it. Use it in `with`: it keeps a temporary file."""

    def __init__(self) -> None:
        self._database = _temporary()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._database.close()

    def add(self, name: str, line: int) -> int | None:
        """Put a name in; return the line that had it before, None where none did."""
        key = name.encode("utf-8", "surrogatepass")
        added = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line))
        if added.rowcount:
            return None
        found = self._database.execute("SELECT line FROM seen WHERE name = ?", (key,))
        return int(found.fetchone()[0])


def _temporary() -> Connection:
    import sqlite3

    database = sqlite3.connect("", isolation_level=None)
    database.executescript(
        """
        PRAGMA journal_mode = OFF;
        PRAGMA synchronous = OFF;
        PRAGMA cache_size = -8000;
        CREATE TABLE seen (name BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID;
        BEGIN;
        """
    )
    return database
