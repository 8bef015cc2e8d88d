"""Rejected items in memory, the newest within a number of bytes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_host.queue.records import RejectedItem


class RejectedItems:
    """Rejected items by number; beyond `most_bytes` the oldest go."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._next = 1
        #: Number -> item, the oldest first.
        self.items: dict[int, RejectedItem] = {}
        #: Bytes of all bodies.
        self.bytes = 0

    def keep(self, item: RejectedItem) -> None:
        """Keep an item."""
        self.items[self._next] = item
        self._next += 1
        self.bytes += len(item.body)
        while self.bytes > self._most_bytes:
            oldest = self.items.pop(next(iter(self.items)))
            self.bytes -= len(oldest.body)

    def find(self, limit: int, before: int | None) -> list[tuple[int, RejectedItem]]:
        """Return items with their numbers, the newest first, with numbers below `before`."""
        newest = reversed(self.items.items())
        return [*islice((pair for pair in newest if before is None or pair[0] < before), limit)]
