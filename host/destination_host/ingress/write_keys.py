"""Write keys: which source a request belongs to, and how often an address may guess."""

from __future__ import annotations

import base64
import binascii
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from secrets import token_bytes
from time import monotonic
from typing import Final

from destination_host.config.records import Source

#: Addresses whose guesses are counted; beyond it the oldest are forgotten.
_MOST_ADDRESSES: Final = 10_000
#: Guesses of all addresses together, as a multiple of those of one: an attacker has many.
_TOGETHER: Final = 20


class WriteKeys:
    """The write keys of all sources."""

    # A key is compared by its keyed hash. How far a guess agrees with a key does not show in the
    # time, since no sender knows the hash's key, and the time does not grow with the sources.
    def __init__(self, sources: Iterable[Source]) -> None:
        self._hash_key = token_bytes(32)
        self._sources = {
            self._hash(key): source.name for source in sources for key in source.write_keys
        }

    def find_source(self, write_key: str) -> str | None:
        """Return the name of the source that a key belongs to, None for an unknown key."""
        return self._sources.get(self._hash(write_key))

    def _hash(self, write_key: str) -> bytes:
        text = write_key.encode("utf-8", "surrogatepass")
        return blake2b(text, key=self._hash_key, digest_size=32).digest()


def basic_write_key(headers: Mapping[str, str]) -> str | None:
    """Return the write key of Basic authentication, where it is the user name; None without."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        credentials = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return credentials.decode("utf-8", "replace").partition(":")[0]


class GuessLimiter:
    """Token buckets for requests with an unknown write key: one per address, and one for all."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        #: Address -> (tokens left, at a time).
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._all = (float(_TOGETHER * per_minute), clock())

    def seconds_to_wait(self, address: str) -> int:
        """Count a guess; return 0 where it is within the limit, else the seconds to wait."""
        now = self._clock()
        own = self._refill(self._buckets.pop(address, None), self._per_minute, now)
        together = self._refill(self._all, _TOGETHER * self._per_minute, now)
        is_free = min(own, together) >= 1
        self._buckets[address] = (own - is_free, now)
        self._all = (together - is_free, now)
        if len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return 0 if is_free else max(1, math.ceil((1 - own) * 60 / self._per_minute))

    def _refill(self, bucket: tuple[float, float] | None, size: int, now: float) -> float:
        tokens, since = bucket or (size, now)
        return min(float(size), tokens + (now - since) * size / 60)
