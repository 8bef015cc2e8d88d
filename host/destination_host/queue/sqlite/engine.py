"""SQLite engine of the queue: one file, one process, one writer thread."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Concatenate, Final, ParamSpec, Self, TypeVar

from destination_host.queue.checks import check_settlements
from destination_host.queue.clock import SteadyClock
from destination_host.queue.interface import Queue, QueueError
from destination_host.queue.records import (
    Exported,
    Filter,
    Found,
    NewEvent,
    Purged,
    RejectedItem,
    Replayed,
    Retention,
    Settlement,
    Shown,
    Stats,
    Status,
    Taken,
)
from destination_host.queue.sqlite import (
    finishing,
    maintenance,
    putting,
    queries,
    taking,
)
from destination_host.queue.sqlite.files import FileLock, connect
from destination_host.queue.sqlite.recovery import end_leases, load_state
from destination_host.queue.sqlite.schema import migrate
from destination_host.queue.sqlite.writer import Writer
from destination_host.queue.state import EngineState

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

#: Deliveries that a release moves in one transaction.
_PIECE: Final = 1000


class SqliteQueue(Queue):
    """A `Queue` in one file. Use it in `async with SqliteQueue.open(…)`, in one event loop."""

    def __init__(
        self,
        path: Path,
        lock: FileLock,
        *,
        retention: Retention,
        clock: Callable[[], float],
        on_commit: Callable[[float], None] | None = None,
    ) -> None:
        self._path = path
        self._lock = lock
        self._retention = retention
        self._clock = clock
        database = connect(path)
        try:
            migrate(database)
            state = load_state(database, clock())
        except BaseException:
            database.close()
            raise
        self._writer = Writer(database, state, on_commit)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="destination-host queue reader")
        self._database = connect(path)
        self._puts_lock = Lock()
        self._puts = _PutGroup(is_sealed=True)

    @classmethod
    async def open(
        cls,
        path: str | os.PathLike[str],
        *,
        retention: Retention = Retention(),
        clock: Callable[[], float] | None = None,
        on_commit: Callable[[float], None] | None = None,
    ) -> Self:
        """Open the file, and create it where there is none.

        `on_commit` is called with the seconds of each commit, on the thread of the writer.

        Raises `QueueInUseError` where another process has opened it, and `QueueError` where it
        cannot be read.
        """
        file = Path(path)
        lock = FileLock(file)
        try:
            return cls(
                file, lock, retention=retention, clock=clock or SteadyClock(), on_commit=on_commit
            )
        except sqlite3.Error as error:
            lock.release()
            msg = f"{file} cannot be opened as a queue: {error}"
            raise QueueError(msg) from error
        except BaseException:
            lock.release()
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def now(self) -> float:
        """Return the time by which deliveries are due; see `Queue.now`."""
        return self._clock()

    async def put(
        self, events: Sequence[NewEvent], rejected: Sequence[RejectedItem] = ()
    ) -> list[bool]:
        """Keep events durably; see `Queue.put`."""
        group, position = self._join_puts(putting.encode_put(events, rejected))
        # A caller that is cancelled must not cancel the others.
        results = await asyncio.shield(group.future)
        return results[position]

    def _join_puts(self, encoded: putting.EncodedPut) -> tuple[_PutGroup, int]:
        """Add a call to those that wait; together they are one statement.

        With 64 connections that send single events, some dozen calls wait at a time.
        """
        with self._puts_lock:
            if self._puts.is_sealed:
                group = self._puts = _PutGroup()
                group.future = self._writer.submit(partial(self._run_puts, group))
            self._puts.calls.append(encoded)
            return self._puts, len(self._puts.calls) - 1

    def _run_puts(
        self, group: _PutGroup, database: sqlite3.Connection, state: EngineState
    ) -> list[list[bool]]:
        with self._puts_lock:
            group.is_sealed = True
        results = putting.put(database, state, group.calls, self._clock())
        putting.trim_rejected(database, state, self._retention.rejected_bytes)
        return results

    async def take(self, room: Mapping[str, int]) -> list[Taken]:
        """Take deliveries that are due; see `Queue.take`."""
        # A leased delivery that a stopped machine forgets is taken again, as any leased one is.
        return await self._writer.submit(
            lambda database, state: taking.take(database, state, room, self._clock()),
            is_durable=False,
        )

    async def finish(self, settlements: Sequence[Settlement]) -> None:
        """Settle deliveries that are in flight; see `Queue.finish`."""
        check_settlements(settlements)

        def run(database: sqlite3.Connection, state: EngineState) -> None:
            now = self._clock()
            for scope in finishing.finish(database, state, settlements, now):
                self._release(scope, now, database, state)

        await self._writer.submit(run)

    async def release(self, instance: str, scope: str | None = None) -> int:
        """Let parked deliveries of an instance wait again; see `Queue.release`."""

        def run(database: sqlite3.Connection, state: EngineState) -> int:
            now = self._clock()
            parked = maintenance.count_parked(database, instance, scope)
            for pair in parked:
                self._release(pair, now, database, state)
            return sum(parked.values())

        return await self._writer.submit(run)

    def _release(
        self,
        scope: tuple[str, str],
        until: float,
        database: sqlite3.Connection,
        state: EngineState,
    ) -> None:
        """Release a scope, the first piece now and the others after the operations that wait."""
        if maintenance.release(database, state, scope, until, _PIECE) == _PIECE:
            self._writer.run_later(partial(self._release, scope, until))

    async def replay(  # noqa: PLR0913 - the arguments of the protocol
        self,
        deliveries: Filter,
        *,
        limit: int = 1000,
        after: int = 0,
        overwrite: bool = False,
        revision: bool = False,
        dry_run: bool = False,
    ) -> Replayed:
        """Let final deliveries that match wait again; see `Queue.replay`."""
        if dry_run:
            return await self._read(queries.count_replays, deliveries, after)
        found = await self._read(queries.find_replays, deliveries, after, limit)
        chosen = [number for number, is_overtaken in found if overwrite or not is_overtaken]
        replayed = await self._writer.submit(
            lambda database, state: maintenance.replay(
                database, state, chosen, self._clock(), pinned=revision
            )
        )
        return Replayed(
            replayed=replayed,
            overtaken=len(found) - len(chosen),
            last=found[-1][0] if len(found) == limit else None,
        )

    async def drop(self, deliveries: Filter, *, limit: int = 1000, reason: str) -> int:
        """Give up deliveries that match; see `Queue.drop`."""
        open_states = frozenset({Status.WAITING, Status.PARKED})
        chosen = await self._read(queries.find_numbers, deliveries, open_states, limit)
        return await self._writer.submit(
            lambda database, state: maintenance.drop(database, state, chosen, self._clock(), reason)
        )

    async def purge(self, deliveries: Filter | None = None, *, limit: int = 1000) -> Purged:
        """Remove what is old enough, or what matches; see `Queue.purge`."""
        if deliveries is not None:
            chosen = await self._read(queries.find_final, deliveries, limit)
            remembered_from = self._clock() - self._retention.delivered
            purged = await self._writer.submit(
                lambda database, state: maintenance.expunge(
                    database, state, chosen, remembered_from
                )
            )
            return replace(purged, has_more=len(chosen) == limit)
        return await self._writer.submit(
            lambda database, state: maintenance.purge(
                database, state, self._retention, self._clock(), limit
            )
        )

    async def keep_revision(self, instance: str, revision: str, document: bytes) -> None:
        """Keep the configuration of now; see `Queue.keep_revision`."""
        await self._writer.submit(
            lambda database, _: maintenance.keep_revision(
                database, instance, revision, document.decode(), self._clock()
            )
        )

    async def find_revision(self, instance: str, revision: str) -> bytes | None:
        """Return a configuration of an instance; see `Queue.find_revision`."""
        return await self._read(queries.find_revision, instance, revision)

    async def stats(self) -> Stats:
        """Return the figures of the queue; see `Queue.stats`."""
        state = self._writer.state
        overdue = await self._read(
            queries.overdue, [*{name for name, _ in state.counts}], self.now()
        )
        used_bytes = await self._read(queries.used_bytes)
        return Stats(
            instances=state.instance_stats(overdue),
            used_bytes=used_bytes,
            free_bytes=shutil.disk_usage(self._path.parent).free,
            rejected=state.rejected,
            rejected_bytes=state.rejected_bytes,
            commit_seconds=self._writer.commit_seconds,
            stalled_seconds=self._writer.stalled_seconds,
        )

    async def find(
        self, deliveries: Filter, *, limit: int = 100, before: int | None = None
    ) -> list[Found]:
        """Return deliveries that match; see `Queue.find`."""
        return await self._read(queries.find, deliveries, limit, before)

    async def count(self, deliveries: Filter) -> Mapping[Status, int]:
        """Return how many deliveries match, by state; see `Queue.count`."""
        return await self._read(queries.count, deliveries)

    async def export(
        self, deliveries: Filter, *, limit: int = 100, after: int = 0
    ) -> list[Exported]:
        """Return deliveries that match with their events; see `Queue.export`."""
        return await self._read(queries.export, deliveries, limit, after)

    async def show(self, delivery: int) -> Shown | None:
        """Return one delivery with everything that is kept of it; see `Queue.show`."""
        return await self._read(queries.show, delivery)

    async def rejected(
        self, *, limit: int = 100, before: int | None = None
    ) -> list[tuple[int, RejectedItem]]:
        """Return rejected items; see `Queue.rejected`."""
        return await self._read(queries.rejected, limit, before)

    async def close(self) -> None:
        """Finish the operations that wait, and close; see `Queue.close`."""
        await self._writer.submit(end_leases)
        await self._writer.close()
        self._reader.shutdown()
        self._database.close()
        self._lock.release()

    async def _read(
        self,
        query: Callable[Concatenate[sqlite3.Connection, Arguments], Result],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Result:
        """Run a query on the thread and connection of reads."""
        run = partial(query, self._database, *arguments, **options)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._reader, run)
        except sqlite3.Error as error:
            msg = f"the queue {self._path} cannot be read: {error}"
            raise QueueError(msg) from error


class _PutGroup:
    """Calls of `put` that share a statement."""

    def __init__(self, *, is_sealed: bool = False) -> None:
        self.calls: list[putting.EncodedPut] = []
        #: Whether the statement has begun, so that no further call may join.
        self.is_sealed = is_sealed
        self.future: asyncio.Future[list[list[bool]]]
