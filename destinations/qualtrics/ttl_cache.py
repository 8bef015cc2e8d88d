"""A bounded map whose entries fade, for any number of threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TtlCache(Generic[K, V]):
    """At most so many entries, each for so many seconds of the clock; the oldest goes first.

    Keys and values that are texts, numbers or plain tuples of them cost Python's garbage collector
    nothing, however many there are.
    """

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._entries: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return self.get(key) is not None

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """Return what is known, None where nothing is or it has faded."""
        found = self._entries.get(key)  # one look, which needs no lock
        return found[0] if found and found[1] > self._clock() else None

    def put(self, key: K, value: V, lifetime: float) -> None:
        """Know a value for `lifetime` seconds from now."""
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = (value, self._clock() + lifetime)
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Know it no longer."""
        with self._lock:
            self._entries.pop(key, None)
