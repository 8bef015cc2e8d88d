"""The names of the events in a file so far, so that none is sent twice; on disk, not in memory."""

from __future__ import annotations

import errno
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
        """Put a name in; return the line that had it before, None where none did.

        A disk that is full raises `OSError`, as it does for any other file.
        """
        from sqlite3 import OperationalError

        key = name.encode("utf-8", "surrogatepass")
        try:
            return self._add(key, line)
        except OperationalError as error:
            message = f"{error} (what finds duplicates; --allow-duplicates does without)"
            raise OSError(errno.EIO, message) from None

    def _add(self, key: bytes, line: int) -> int | None:
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
