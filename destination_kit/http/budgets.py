"""What a partner lets each account ask of it, spent call by call instead of overrun."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import uniform
from threading import Lock
from time import monotonic

from destination_kit.definitions import EMPTY, RateLimit
from destination_kit.errors import RetryableError

SHARE = 0.98  # of a limit is spent: clocks differ, and a call takes its time to arrive
BURST = 0.1  # of a limit may leave at once after a pause
LONGEST_PAUSE = 60.0  # seconds, where a partner refuses without saying for how long
_FIRST_PAUSE = 1.0
_ASKING = 5.0  # seconds that a call waits for the partner to say whose account it is


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
        with self._lock:
            self._bucket(account, limit).refusals = 0

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


@dataclass(slots=True)
class Flow:
    """The calls of one open instance. Flows of an account take turns, however long each queue is.

    `limits_of` tells the limits of a method and URL, the narrowest first. Where the `partner` is
    called for several accounts, which may be one to it, `owner` asks once whose this is.
    """

    budgets: Budgets
    account: str
    limits_of: Callable[[str, str], Sequence[RateLimit]]
    partner: str = ""
    owner: Callable[[], Awaitable[str]] | None = None
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.budgets.join(self.partner, self.account)

    async def admit(self, limits: Sequence[RateLimit], until: float) -> None:
        """Wait for a place in the budgets.

        Raises `RetryableError`, with the seconds to wait, where there is none before `until`.
        """
        if not limits:
            return
        if self.owner and self.budgets.are_several(self.partner):
            await self._ask(self.owner)
        narrowest, budgets = limits[0], self.budgets
        with budgets.waiting(self.account, narrowest) as count:
            expected = (count - 1) * budgets.interval(narrowest) - narrowest.seconds * BURST
            if budgets.now() + expected > until:
                raise _spent(narrowest, expected)
            turn = self._turns.setdefault(narrowest.name, asyncio.Lock())
            async with turn:  # one place is reserved at a time, and then it is another flow's turn
                await self._depart(limits, until)

    def refused(self, limits: Sequence[RateLimit], retry_after: float | None) -> float:
        """Note that a call was one too many; return the seconds that all such calls wait now."""
        return self.budgets.refused(self.account, limits[0], retry_after)

    def accepted(self, limits: Sequence[RateLimit]) -> None:
        """Note that a call was not one too many."""
        self.budgets.accepted(self.account, limits[0])

    async def _ask(self, owner: Callable[[], Awaitable[str]]) -> None:
        self.owner = None  # the question is a call as well, and is asked once
        with suppress(Exception):  # who does not say has a budget of its own, as before
            async with asyncio.timeout(_ASKING):
                self.account = await owner() or self.account

    async def _depart(self, limits: Sequence[RateLimit], until: float) -> None:
        while True:
            at = self.budgets.reserve(self.account, limits, until)
            wait = at - self.budgets.now()
            if at > until:
                raise _spent(limits[0], wait)
            if wait > 0:
                await asyncio.sleep(wait)
            if not self.budgets.is_closed(self.account, limits):
                return


def _spent(limit: RateLimit, seconds: float) -> RetryableError:
    message = (
        f"the budget of {limit.calls} {limit.name} calls in {limit.seconds:g} s is spent for now"
    )
    return RetryableError(message, 429, code="TOO_MANY_REQUESTS", retry_after=max(seconds, 0.1))
