"""Observers: the `on_result` functions of plugins, each on a thread of its own."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from time import monotonic
from typing import TypeAlias

from destination_kit.results import ResultRecord

Observe: TypeAlias = Callable[[ResultRecord], None]
"""An observer: it receives a record of each result."""

logger = logging.getLogger("destination_kit")


class Observers:
    """The observers of an open instance. A delivery never waits for one.

    An exception is logged with the name of the plugin. A record that finds the backlog full is
    dropped and counted.
    """

    def __init__(
        self, observers: Mapping[str, Observe], *, backlog: int = 10_000, grace: float = 1.0
    ) -> None:
        # In a common thread, an observer that blocks would delay all others.
        self._threads = [
            _ObserverThread(plugin, observe, backlog) for plugin, observe in observers.items()
        ]
        self._grace = grace

    def notify(self, record: ResultRecord) -> None:
        """Queue a copy of a record for each observer."""
        for thread in self._threads:
            # The record holds the result that the caller gets. Without the copy, an observer could
            # change the caller's result.
            thread.notify(deepcopy(record))

    def close(self) -> None:
        """Wait up to `grace` seconds until the queues are empty, then abandon the threads."""
        until = monotonic() + self._grace
        for thread in self._threads:
            thread.stop()
        for thread in self._threads:
            thread.join(until - monotonic())


class _ObserverThread:
    """The queue and the thread of one observer. The thread starts with the first record."""

    def __init__(self, plugin: str, observe: Observe, backlog: int) -> None:
        self._plugin = plugin
        self._observe = observe
        self._records: queue.SimpleQueue[ResultRecord | None] = queue.SimpleQueue()
        self._backlog = backlog
        self._dropped = 0
        self._thread: threading.Thread | None = None

    def notify(self, record: ResultRecord) -> None:
        if self._thread is None:
            # At exit Python waits for each thread that is no daemon, so an observer that hangs
            # would keep the process alive.
            self._thread = threading.Thread(target=self._run, name="destination_kit", daemon=True)
            self._thread.start()
        if self._records.qsize() < self._backlog:
            self._records.put(record)
        else:
            self._dropped += 1

    def stop(self) -> None:
        self._records.put(None)

    def join(self, seconds: float) -> None:
        if self._thread is None:
            return
        self._thread.join(seconds)
        missed = self._dropped + max(0, self._records.qsize() - 1)
        if self._thread.is_alive() or missed:
            logger.warning("on_result of %s fell behind: %d records dropped", self._plugin, missed)

    def _run(self) -> None:
        while (record := self._records.get()) is not None:
            try:
                self._observe(record)
            except BaseException as error:  # noqa: BLE001 - a plugin's code may raise anything, and the next record must reach it
                logger.warning("on_result of %s raised %s", self._plugin, type(error).__name__)
