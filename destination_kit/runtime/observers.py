"""Telling observers what became of events, without ever waiting for one."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TypeAlias

from destination_kit.results import ResultRecord

Observe: TypeAlias = Callable[[ResultRecord], None]

logger = logging.getLogger("destination_kit")


class Observers:
    """A thread that calls each observer with a copy of each record; nobody waits for it.

    What an observer raises is logged under its plugin's name. Records that find the backlog full
    are dropped and counted.
    """

    def __init__(
        self, observers: Mapping[str, Observe], *, backlog: int = 10_000, grace: float = 1.0
    ) -> None:
        self._observers = observers
        self._records: queue.Queue[ResultRecord | None] = queue.Queue(backlog)
        self._grace = grace
        self._dropped = 0
        self._thread: threading.Thread | None = None

    def tell(self, record: ResultRecord) -> None:
        """Queue a copy of a record for the observers, if there are any."""
        if not self._observers:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="destination_kit", daemon=True)
            self._thread.start()
        self._put(deepcopy(record))

    def close(self) -> None:
        """Let the observers catch up for `grace` seconds, then leave them behind."""
        if self._thread is not None:
            self._put(None)
            self._thread.join(self._grace)
        if self._dropped:
            logger.warning("on_result observers fell behind: %d records dropped", self._dropped)

    def _put(self, record: ResultRecord | None) -> None:
        try:
            self._records.put_nowait(record)
        except queue.Full:
            self._dropped += record is not None

    def _run(self) -> None:
        while (record := self._records.get()) is not None:
            for plugin, observe in self._observers.items():
                try:
                    observe(deepcopy(record))
                except BaseException as error:  # noqa: BLE001 - a stranger's code; it harms nobody
                    logger.warning("on_result of %s raised %s", plugin, type(error).__name__)
