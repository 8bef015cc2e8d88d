"""Tables of the queue in SQLite, and their versions. `docs/queue-file.md` explains them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from sqlite3 import Connection
from typing import Final

from destination_host.queue.interface import QueueError
from destination_host.queue.records import Status


class State(IntEnum):
    """The column `state` of a delivery. The first three hold the head of a line."""

    READY = 0
    IN_FLIGHT = 1
    PARKED = 2
    #: Behind an unfinished delivery of the same line.
    BEHIND = 3
    DELIVERED = 4
    SKIPPED = 5
    DEAD = 6

    @property
    def status(self) -> Status:
        """Return the state as people name it."""
        return _STATUSES[self]


_STATUSES: Final = (
    Status.WAITING,
    Status.IN_FLIGHT,
    Status.PARKED,
    Status.WAITING,
    Status.DELIVERED,
    Status.SKIPPED,
    Status.DEAD,
)

# Each script brings the tables from one version to the next. A released script is never changed.
# AUTOINCREMENT: a purge and a restart must not give a number a second time.
MIGRATIONS: Final = (
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        message_id TEXT,
        received_at REAL NOT NULL,
        unrouted INTEGER NOT NULL,
        body TEXT NOT NULL
    );
    CREATE UNIQUE INDEX events_once ON events (source, message_id) WHERE message_id IS NOT NULL;
    CREATE INDEX events_unrouted ON events (received_at) WHERE unrouted = 1;

    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        event INTEGER NOT NULL REFERENCES events (id),
        instance TEXT NOT NULL,
        order_key TEXT,
        state INTEGER NOT NULL,
        due REAL NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        suspect INTEGER NOT NULL DEFAULT 0,
        kills INTEGER NOT NULL DEFAULT 0,
        overtaken INTEGER NOT NULL DEFAULT 0,
        pinned INTEGER NOT NULL DEFAULT 0,
        finished_at REAL,
        scope TEXT,
        reason TEXT NOT NULL DEFAULT '',
        revision TEXT NOT NULL DEFAULT '',
        failures TEXT,
        progress TEXT
    );
    CREATE UNIQUE INDEX deliveries_head ON deliveries (instance, order_key)
        WHERE state <= 2 AND order_key IS NOT NULL;
    CREATE INDEX deliveries_due ON deliveries (instance, due) WHERE state = 0;
    CREATE INDEX deliveries_behind ON deliveries (instance, order_key, id) WHERE state = 3;
    CREATE INDEX deliveries_parked ON deliveries (instance, scope, due) WHERE state = 2;
    CREATE INDEX deliveries_in_flight ON deliveries (id) WHERE state = 1;
    CREATE INDEX deliveries_suspect ON deliveries (id) WHERE suspect = 1;
    CREATE INDEX deliveries_dead ON deliveries (instance, order_key) WHERE state = 6;
    CREATE INDEX deliveries_old ON deliveries (finished_at) WHERE state IN (4, 5);
    CREATE INDEX deliveries_old_dead ON deliveries (finished_at) WHERE state = 6;
    CREATE INDEX deliveries_of_event ON deliveries (event);
    CREATE INDEX deliveries_of_user ON deliveries (order_key, instance);

    CREATE TABLE attempts (
        delivery INTEGER NOT NULL,
        number INTEGER NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (delivery, number)
    ) WITHOUT ROWID;

    CREATE TABLE rejected (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        received_at REAL NOT NULL,
        code TEXT NOT NULL,
        reason TEXT NOT NULL,
        body BLOB NOT NULL
    );

    CREATE VIEW overview AS SELECT
        d.id AS delivery, d.instance, e.source, e.message_id, d.order_key AS user,
        CASE d.state WHEN 1 THEN 'in_flight' WHEN 2 THEN 'parked' WHEN 4 THEN 'delivered'
            WHEN 5 THEN 'skipped' WHEN 6 THEN 'dead' ELSE 'waiting' END AS status,
        d.attempts, datetime(e.received_at, 'unixepoch') AS received,
        datetime(CASE WHEN d.state = 0 THEN d.due END, 'unixepoch') AS due,
        datetime(d.finished_at, 'unixepoch') AS finished,
        json_extract(d.failures, '$[0].code') AS code,
        json_extract(d.failures, '$[0].message') AS message, e.body AS event
        FROM deliveries AS d JOIN events AS e ON e.id = d.event;
    """,
    """
    CREATE TABLE revisions (
        instance TEXT NOT NULL,
        revision TEXT NOT NULL,
        used_until REAL,
        document TEXT NOT NULL,
        PRIMARY KEY (instance, revision)
    ) WITHOUT ROWID;
    """,
)


def migrate(database: Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring the tables to the newest version; each step happens as a whole or not at all.

    Raises `QueueError` for tables of a newer version.
    """
    [version] = database.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        msg = (
            f"the queue file has version {version}, and this host knows versions up to"
            f" {len(migrations)}: install the newer destination-kit-host that wrote it"
        )
        raise QueueError(msg)
    for number in range(version, len(migrations)):
        script = (
            f"BEGIN IMMEDIATE; {migrations[number]} PRAGMA user_version = {number + 1}; COMMIT;"
        )
        try:
            database.executescript(script)
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
