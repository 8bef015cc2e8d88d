"""Message id index: finds the events that a stream holds twice, on disk instead of in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from destination_kit.delivery.temporary_database import open_temporary_database, raising

_TABLES: Final = """
CREATE TABLE message_ids (key BLOB PRIMARY KEY, line INTEGER, failed TEXT) WITHOUT ROWID;
"""


class MessageIdError(OSError):
    """The index of message ids cannot be written, mostly because the disk is full."""


@dataclass(frozen=True, slots=True)
class EarlierLine:
    """A line that held the same event before."""

    #: Its number.
    number: int
    #: Names of the subscriptions in which the event failed; empty where it did not, or not yet.
    failed_subscriptions: frozenset[str]


class MessageIdIndex:
    """Message ids, each with the line that has it.

    The index is a temporary file, which `with` removes; memory stays flat however many there are.
    """

    def __init__(self) -> None:
        self._database = open_temporary_database(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._database.close()

    def add(self, key: str, line: int) -> EarlierLine | None:
        """Add the key of an event; return the earlier line with the same key, else None.

        Where the event failed on that line, this line takes its place.

        Raises `MessageIdError` where the temporary file cannot be written.
        """
        with raising(MessageIdError):
            return self._insert(_encode(key), line)

    def mark_failed(self, key: str, subscriptions: Iterable[str]) -> None:
        """Record that an event failed in these subscriptions, so that a later line is sent to them.

        Raises `MessageIdError` where the temporary file cannot be written.
        """
        with raising(MessageIdError):
            self._database.execute(
                "UPDATE message_ids SET failed = ? WHERE key = ?",
                (json.dumps(sorted(subscriptions)), _encode(key)),
            )

    def _insert(self, key: bytes, line: int) -> EarlierLine | None:
        inserted = self._database.execute(
            "INSERT OR IGNORE INTO message_ids (key, line) VALUES (?, ?)", (key, line)
        )
        if inserted.rowcount:
            return None
        select = "SELECT line, failed FROM message_ids WHERE key = ?"
        number, failed = self._database.execute(select, (key,)).fetchone()
        if failed is None:
            return EarlierLine(number, frozenset())
        update = "UPDATE message_ids SET line = ?, failed = NULL WHERE key = ?"
        self._database.execute(update, (line, key))
        return EarlierLine(number, frozenset(json.loads(failed)))


def _encode(key: str) -> bytes:
    # JSON may hold lone surrogates (RFC 8259, section 8.2). Plain UTF-8 cannot encode them, so one
    # such `messageId` would end the run.
    encoded = key.encode("utf-8", "surrogatepass")
    if len(encoded) <= _MAX_KEY_BYTES:
        return encoded
    from hashlib import sha256

    # No UTF-8 begins with 0xFF, so the key of no other event can equal this one.
    return b"\xff" + sha256(encoded).digest()


# UUIDs have 36 bytes. An id can have as many as an event, and the index would fill the disk.
_MAX_KEY_BYTES: Final = 200
