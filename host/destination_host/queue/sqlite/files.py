"""Files of the queue: the database, and the lock that keeps a second process out."""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from destination_host.queue.interface import QueueError, QueueInUseError

#: UPDATE … FROM and RETURNING.
_OLDEST_SQLITE: Final = (3, 35, 0)


class FileLock:
    """Lock of a queue file; the system releases it when the process ends, however it ends.

    It is a database beside the queue, since SQLite locks files on every system. The queue itself
    stays open to people who read it with `sqlite3`.
    """

    def __init__(self, path: Path) -> None:
        beside = path.with_name(f"{path.name}.lock")
        create_private(beside)
        self._database = sqlite3.connect(
            beside, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            self._database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._database.close()
            msg = (
                f"another process has opened the queue {path}: stop it, or give this host a file of"
                " its own"
            )
            raise QueueInUseError(msg) from None

    def release(self) -> None:
        """Let another process open the queue."""
        self._database.close()


def create_private(path: Path) -> None:
    """Create a file that its owner alone may read, unless it exists; its folder must exist."""
    # A file that exists is not opened. To close it would end the locks that connections of this
    # process have on it; a person's `sqlite3` would then take itself for the last user of the log,
    # and delete it with what the host still writes (https://sqlite.org/howtocorrupt.html, 2.2).
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if not os.access(path, os.R_OK | os.W_OK):
            raise _unusable(path, "permission denied") from None
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error


def _unusable(path: Path, reason: str) -> QueueError:
    return QueueError(f"the queue needs the file {path}, which cannot be opened: {reason}")


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to a queue file, which any single thread may use."""
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        msg = f"the queue needs SQLite {oldest}; this Python has {sqlite3.sqlite_version}"
        raise QueueError(msg)
    create_private(path)
    # A person who reads the file with `sqlite3` can hold it for a moment.
    database = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    # FULL: a commit is on the disk when it returns (https://sqlite.org/pragma.html#pragma_synchronous).
    # The log is cut back, so that one long read does not leave it large for ever.
    with ExitStack() as closing_on_error:
        closing_on_error.callback(database.close)
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "journal_size_limit = 67108864",
            "cache_size = -16000",
            "temp_store = MEMORY",
        ):
            database.execute(f"PRAGMA {pragma}")
        closing_on_error.pop_all()
    return database
