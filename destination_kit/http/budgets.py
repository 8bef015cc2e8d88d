"""What a partner lets each account ask of it, spent call by call instead of overrun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import uniform
from threading import Lock
from time import monotonic

from destination_kit.definitions import EMPTY, RateLimit

SHARE = 0.98  # of a limit is spent: clocks differ, and a call takes its time to arrive
BURST = 0.1  # of a limit may leave at once after a pause
LONGEST_PAUSE = 60.0  # seconds, where a partner refuses without saying for how long
_FIRST_PAUSE = 1.0
_SILENCE = 60.0  # seconds after which a partner that did not say is asked again


@dataclass(slots=True)
class _Bucket:
    """One limit of one account; times are seconds of the clock.

    `next` is when a call would be on time if all left evenly, and it may be `early`.
    """

    interval: float
    early: float
    next: float = 0.0
    closed_until: float = 0.0
    refusals: int = 0

    def opens(self, now: float) -> float:
        return max(now, self.closed_until, self.next - self.early)

    def take(self, at: float) -> None:
        self.next = max(self.next, at) + self.interval


class Budgets:
    """The budgets of every account that a process speaks for, whatever its threads.

    `limits` changes how many calls a limit has, by its name. One object is shared by all instances
    of a catalog, or is passed to `Instance.open`.
    """

    def __init__(
        self, limits: Mapping[str, int] = EMPTY, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._limits = dict(limits)
        self._clock = clock
        self._lock = Lock()
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._waiting: Counter[tuple[str, str]] = Counter()
        self._members: dict[str, set[str]] = {}
        self._owners: dict[tuple[str, str], tuple[str, float]] = {}

    def now(self) -> float:
        """Return the time on the clock."""
        return self._clock()

    def join(self, partner: str, account: str) -> None:
        """Note that calls for an account of a partner are to be expected."""
        with self._lock:
            self._members.setdefault(partner, set()).add(account)

    def are_several(self, partner: str) -> bool:
        """Return whether a partner is called for more than one account."""
        return len(self._members.get(partner, ())) > 1

    def owner(self, partner: str, account: str) -> str | None:
        """Return whose an account is; "" where that was not told lately, None where to ask."""
        owner, until = self._owners.get((partner, account), ("", 0.0))
        return owner if owner or self._clock() < until else None

    def settle(self, partner: str, account: str, owner: str) -> None:
        """Note whose an account is, "" where that was not told; what it has spent counts there."""
        with self._lock:
            self._owners[partner, account] = owner, self._clock() + _SILENCE
            if not owner:
                return
            for whose, limit in [key for key in self._buckets if key[0] == account]:
                old = self._buckets[whose, limit]
                new = self._buckets.setdefault((owner, limit), replace(old))
                new.next = max(new.next, old.next)
                new.closed_until = max(new.closed_until, old.closed_until)

    def interval(self, limit: RateLimit) -> float:
        """Return the seconds from one call to the next."""
        return limit.seconds / (self._limits.get(limit.name, limit.calls) * SHARE)

    def reserve(self, account: str, limits: Sequence[RateLimit], until: float) -> float:
        """Return when a call may leave; where that is by `until`, each of its limits counts it."""
        with self._lock:
            buckets = [self._bucket(account, each) for each in limits]
            at = max(each.opens(self._clock()) for each in buckets)
            if at <= until:
                for each in buckets:
                    each.take(at)
            return at

    def take(self, account: str, limits: Sequence[RateLimit], until: float) -> bool:
        """Count a call that may leave at once and return True; False where it has to wait its turn."""
        with self._lock:
            now = self._clock()
            if self._waiting.get((account, limits[0].name)) or now > until:
                return False
            buckets = [self._bucket(account, each) for each in limits]
            if any(each.opens(now) > now for each in buckets):
                return False
            for each in buckets:
                each.take(now)
            return True

    def is_closed(self, account: str, limits: Sequence[RateLimit]) -> bool:
        """Return whether a refusal still holds for one of these limits."""
        with self._lock:
            now = self._clock()
            return any(self._bucket(account, each).closed_until > now for each in limits)

    def refused(self, account: str, limit: RateLimit, retry_after: float | None) -> float:
        """Let nobody call until the partner wants to be asked again; return the seconds to then.

        Without a `retry_after` the pause grows with each refusal that follows another.
        """
        with self._lock:
            bucket = self._bucket(account, limit)
            bucket.refusals += 1
            longest = min(LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(bucket.refusals, 10))
            pause = uniform(longest / 2, longest) if retry_after is None else retry_after  # noqa: S311
            bucket.closed_until = max(bucket.closed_until, self._clock() + pause)
            return pause

    def accepted(self, account: str, limit: RateLimit) -> None:
        """Note that a call was not refused."""
        bucket = self._buckets.get((account, limit.name))
        if bucket and bucket.refusals:
            with self._lock:
                bucket.refusals = 0

    @contextmanager
    def waiting(self, account: str, limit: RateLimit) -> Iterator[int]:
        """Count one who waits for a limit, and give how many are waiting with them."""
        key = (account, limit.name)
        with self._lock:
            self._waiting[key] += 1
            count = self._waiting[key]
        try:
            yield count
        finally:
            with self._lock:
                self._waiting[key] -= 1

    def _bucket(self, account: str, limit: RateLimit) -> _Bucket:
        key = (account, limit.name)
        if key not in self._buckets:
            self._buckets[key] = _Bucket(self.interval(limit), limit.seconds * BURST)
        return self._buckets[key]
