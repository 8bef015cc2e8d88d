"""Claims of transactions: which of them belong to an event, and which writes are in doubt.

It is a part of the shared state of a catalog, so all instances and threads of a process use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Final

from destinations.qualtrics.ttl_cache import TtlCache

#: Seconds after which a listing is expected to show a transaction whose call got no response.
#: Qualtrics documents no figure. The contact search gets as long.
LISTING_LAG: Final = 10.0
#: Seconds that a doubt is remembered. A retry after them waits for `LISTING_LAG` once more.
_DOUBT_TTL: Final = 600.0


class TransactionClaims:
    """The transactions that belong to an event, and the calls whose outcome is open or unknown."""

    def __init__(self, claims: int, doubts: int, clock: Callable[[], float]) -> None:
        # An id as a text in a `TtlCache` would take about 260 bytes, and its hash in a set 70. Each
        # transaction has one, and a brand may create 50,000 a minute.
        self._recent: set[int] = set()
        self._older: set[int] = set()
        self._claims_per_set = max(1, claims // 2)
        #: Fingerprint of a transaction -> when a listing can tell whether it was created.
        self._doubts = TtlCache[int, float](doubts, clock)
        #: Contact -> calls that create transactions of it and have no response yet.
        self._in_flight = Counter[str]()
        #: Scopes of tokens that may not list transactions, each of which is reported once.
        self._unlisted = TtlCache[int, bool](1_000, clock)
        self._clock = clock
        self._lock = Lock()

    def claim(self, transaction_id: str) -> bool:
        """Give a transaction to an event; return False where it belongs to another one."""
        key = hash(transaction_id)
        with self._lock:
            if key in self._recent or key in self._older:
                return False
            self._recent.add(key)
            if len(self._recent) >= self._claims_per_set:
                self._recent, self._older = set(), self._recent
            return True

    def mark_in_doubt(self, fingerprint: int) -> None:
        """Mark a transaction as possibly created: its call got no response."""
        self._doubts.put(fingerprint, self._clock() + LISTING_LAG, _DOUBT_TTL)

    def seconds_until_settled(self, fingerprint: int) -> float:
        """Return the seconds until a listing shows the transaction if it was created."""
        settled = self._doubts.get(fingerprint)
        if settled is None:
            # Another process, or an attempt that was cut off, has sent it at an unknown time.
            self.mark_in_doubt(fingerprint)
            return LISTING_LAG
        return max(0.0, settled - self._clock())

    @contextmanager
    def creating(self, contact_ids: Sequence[str]) -> Iterator[None]:
        """Mark contacts as having a call in flight that creates transactions of them."""
        with self._lock:
            self._in_flight.update(contact_ids)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight.subtract(contact_ids)
                for contact_id in contact_ids:
                    if not self._in_flight[contact_id]:
                        del self._in_flight[contact_id]

    def is_creating(self, contact_id: str) -> bool:
        """Return whether a call in flight creates a transaction of a contact."""
        return contact_id in self._in_flight

    def mark_unlisted(self, token_scope: int) -> bool:
        """Record that a token may not list transactions; return whether that is news."""
        is_new = token_scope not in self._unlisted
        self._unlisted.put(token_scope, value=True, ttl=float("inf"))
        return is_new
