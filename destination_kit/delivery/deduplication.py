"""Message id index: finds the events that a stream holds twice, on disk instead of in memory."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sqlite3 import Connection


class MessageIdError(OSError):
    """The index of message ids cannot be written, mostly because the disk is full."""


class MessageIdIndex:
    """Message ids, each with the first line that has it.

    The index is a temporary file, which `with` removes; memory stays flat however many there are.
    """

    def __init__(self) -> None:
        self._database = _open_temporary_database()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._database.close()

    def add(self, key: str, line: int) -> int | None:
        """Add the key of an event; return the earlier line with the same key, else None.

        Raises `MessageIdError` where the temporary file cannot be written.
        """
        from sqlite3 import OperationalError

        # JSON may hold lone surrogates (RFC 8259, section 8.2). Plain UTF-8 cannot encode them, so
        # one such `messageId` would end the run.
        encoded_key = key.encode("utf-8", "surrogatepass")
        try:
            return self._insert(encoded_key, line)
        except OperationalError as error:
            raise MessageIdError(errno.EIO, str(error)) from None

    def _insert(self, key: bytes, line: int) -> int | None:
        inserted = self._database.execute(
            "INSERT OR IGNORE INTO message_ids VALUES (?, ?)", (key, line)
        )
        if inserted.rowcount:
            return None
        first = self._database.execute("SELECT line FROM message_ids WHERE key = ?", (key,))
        return int(first.fetchone()[0])


def _open_temporary_database() -> Connection:
    import sqlite3

    # With an empty name SQLite uses a private file, which it deletes
    # (https://sqlite.org/inmemorydb.html). A journal and syncs would only protect what no later
    # process reads. UUIDs hit random pages. A cache of 8 MB (a negative size is in KiB) holds those
    # of 160,000 UUIDs. SQLite's default of 2 MB would read most of them from the disk.
    database = sqlite3.connect("", isolation_level=None)
    database.executescript(
        """
        PRAGMA journal_mode = OFF;
        PRAGMA synchronous = OFF;
        PRAGMA cache_size = -8000;
        CREATE TABLE message_ids (key BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID;
        BEGIN;
        """
    )
    return database
