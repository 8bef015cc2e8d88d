"""Writer thread: the only one that changes the file; operations that wait share a transaction."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, Final, TypeVar

from destination_host.queue.interface import QueueError, QueueFullError
from destination_host.queue.state import EngineState

Result = TypeVar("Result")

# More would let the first of them wait for the last, and save few commits.
_MOST_OPERATIONS: Final = 500


@dataclass(frozen=True, slots=True)
class _Job:
    """An operation, and the future of its result; None where no caller waits for it."""

    operation: Callable[[sqlite3.Connection, EngineState], Any]
    future: asyncio.Future[Any] | None
    #: Whether its effect must outlive the machine, and not only the process.
    is_durable: bool = True


class Writer:
    """Runs operations in the order in which they are submitted, on a thread of its own."""

    def __init__(
        self,
        database: sqlite3.Connection,
        state: EngineState,
        on_commit: Callable[[float], None] | None = None,
    ) -> None:
        self._database = database
        #: Called with the seconds of each commit, on the thread.
        self._on_commit = on_commit
        #: What the engine remembers, as of the last commit. The thread replaces it and never changes
        #: it, so that others may read it.
        self.state = state
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = Thread(target=self._run, name="destination-host queue", daemon=True)
        #: Seconds of the last commit.
        self.commit_seconds = 0.0
        self._unsettled_since: float | None = None
        self._thread.start()

    def submit(
        self,
        operation: Callable[[sqlite3.Connection, EngineState], Result],
        *,
        is_durable: bool = True,
    ) -> asyncio.Future[Result]:
        """Run an operation in a transaction; its result is there when the commit is durable.

        One that need not be durable survives a kill, and may be forgotten when the machine stops.
        An operation may run twice, if the transaction that it shared has failed.
        """
        future: asyncio.Future[Result] = self._loop.create_future()
        self._jobs.put(_Job(operation, future, is_durable))
        return future

    def run_later(self, operation: Callable[[sqlite3.Connection, EngineState], object]) -> None:
        """Run an operation after those that wait, for no caller."""
        self._jobs.put(_Job(operation, None))

    @property
    def stalled_seconds(self) -> float:
        """Seconds since the oldest operation that has not been committed; 0 where all are."""
        since = self._unsettled_since
        return 0.0 if since is None else monotonic() - since

    async def close(self) -> None:
        """Run the operations that wait, and close the file."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        is_open = True
        while is_open:
            jobs = [self._jobs.get()]
            try:
                while len(jobs) < _MOST_OPERATIONS and jobs[-1]:
                    jobs.append(self._jobs.get_nowait())
            except Empty:
                pass
            is_open = jobs[-1] is not None
            if waiting := [job for job in jobs if job]:
                self._unsettled_since = self._unsettled_since or monotonic()
                self._resolve(self._run_together(waiting))
        self._database.close()

    def _run_together(self, jobs: Sequence[_Job]) -> list[tuple[_Job, object]]:
        """Run jobs in one transaction; if it fails, each in its own, so that one fails alone."""
        try:
            return [*zip(jobs, self._commit(jobs), strict=True)]
        except Exception as error:  # noqa: BLE001 - an error belongs to the caller, not to the thread
            if len(jobs) == 1:
                return [(jobs[0], _as_queue_error(error))]
        return [pair for job in jobs for pair in self._run_together([job])]

    def _commit(self, jobs: Sequence[_Job]) -> list[object]:
        state = self.state.copy()
        # In a log that is not synced, the next commit that is synced covers this one too.
        synchronous = "FULL" if any(job.is_durable for job in jobs) else "NORMAL"
        self._database.execute(f"PRAGMA synchronous = {synchronous}")
        try:
            self._database.execute("BEGIN IMMEDIATE")
            results = [job.operation(self._database, state) for job in jobs]
            started = monotonic()
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        self.commit_seconds = monotonic() - started
        self._unsettled_since = None
        self.state = state
        if self._on_commit:
            # The transaction is committed: an error would run its operations again.
            with suppress(Exception):
                self._on_commit(self.commit_seconds)
        return results

    def _resolve(self, results: Sequence[tuple[_Job, object]]) -> None:
        # The loop is closed where the program ended without `close`.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_set_results, results)


def _set_results(results: Sequence[tuple[_Job, object]]) -> None:
    for job, result in results:
        if job.future is None or job.future.done():
            continue
        if isinstance(result, BaseException):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)


def _as_queue_error(error: Exception) -> Exception:
    if not isinstance(error, sqlite3.Error):
        return error
    code = getattr(error, "sqlite_errorcode", 0)
    is_full = code == sqlite3.SQLITE_FULL or code & 0xFF == sqlite3.SQLITE_IOERR
    if is_full:
        return QueueFullError(f"the queue cannot be written: {error}; make room on its disk")
    return QueueError(f"the queue cannot be used: {error}")
