"""The queue in one SQLite file."""

from destination_host.queue.sqlite.engine import SqliteQueue as SqliteQueue
