"""Telling observers what became of events, without ever waiting for one."""

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

logger = logging.getLogger("destination_kit")


class Observers:
    """A thread for each observer, which gets a copy of each record; nobody waits for it.

    What an observer raises is logged under its plugin's name. Records that find its backlog full
    are dropped and counted.
    """

    def __init__(
        self, observers: Mapping[str, Observe], *, backlog: int = 10_000, grace: float = 1.0
    ) -> None:
        self._observers = [_Observer(name, each, backlog) for name, each in observers.items()]
        self._grace = grace

    def tell(self, record: ResultRecord) -> None:
        """Queue a copy of a record for each observer."""
        for each in self._observers:
            each.tell(deepcopy(record))

    def close(self) -> None:
        """Let the observers catch up for `grace` seconds, then leave them behind."""
        until = monotonic() + self._grace
        for each in self._observers:
            each.end()
        for each in self._observers:
            each.leave(max(0.0, until - monotonic()))


class _Observer:
    """One plugin's observer. Its thread starts with the first record."""

    def __init__(self, plugin: str, observe: Observe, backlog: int) -> None:
        self._plugin = plugin
        self._observe = observe
        self._records: queue.SimpleQueue[ResultRecord | None] = queue.SimpleQueue()
        self._backlog = backlog
        self._dropped = 0
        self._thread: threading.Thread | None = None

    def tell(self, record: ResultRecord) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="destination_kit", daemon=True)
            self._thread.start()
        if self._records.qsize() < self._backlog:
            self._records.put(record)
        else:
            self._dropped += 1

    def end(self) -> None:
        self._records.put(None)

    def leave(self, seconds: float) -> None:
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
            except BaseException as error:  # noqa: BLE001 - a stranger's code; it harms nobody
                logger.warning("on_result of %s raised %s", self._plugin, type(error).__name__)
