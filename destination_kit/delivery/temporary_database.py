"""Temporary database: an index that is too large for memory, in a file that no one else sees."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection


def open_temporary_database(tables: str) -> Connection:
    """Return a database with these tables; closing it removes its file."""
    import sqlite3

    # With an empty name SQLite uses a private file, which it deletes
    # (https://sqlite.org/inmemorydb.html). A journal and syncs would only protect what no later
    # process reads. UUIDs and hashes hit random pages. A cache of 8 MB (a negative size is in KiB)
    # holds those of 160,000. SQLite's default of 2 MB would read most of them from the disk.
    database = sqlite3.connect("", isolation_level=None)
    database.executescript(
        f"""
        PRAGMA journal_mode = OFF;
        PRAGMA synchronous = OFF;
        PRAGMA cache_size = -8000;
        {tables}
        BEGIN;
        """
    )
    return database


@contextmanager
def raising(error_type: type[OSError]) -> Iterator[None]:
    """Raise this error in place of SQLite's, which mostly say that the disk is full."""
    from sqlite3 import OperationalError

    try:
        yield
    except OperationalError as error:
        raise error_type(errno.EIO, str(error)) from None
