"""Throttle: the rate limits of a partner, kept by waiting, and the pause after a 429.

`Budgets` holds the token buckets of every account in the process. A `Throttle` takes from them for
the requests of one open instance. After a 429 the bucket of that limit pauses, so that every
request under it waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import random
from threading import Lock
from time import monotonic
from typing import Final

from destination_kit._backoff import LONGEST_WAIT, exponential_backoff
from destination_kit.definitions import EMPTY
from destination_kit.errors import RetryableError
from destination_kit.http_interface import Http
from destination_kit.limits import RateLimit
from destination_kit.token_bucket import NEVER, TokenBucket

logger = logging.getLogger("destination_kit")

# Requests arrive after varying delays, so at the full rate more than the limit would arrive in some
# windows. The margin of 2 % is our guess.
USED_SHARE: Final = 0.98
#: Share of a limit that may leave at once after a pause.
BURST_SHARE: Final = 0.1
#: Seconds of the pause after a 429 that names no time: the first and the longest.
_FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 60.0
#: Seconds that a request waits for the partner to name its account.
_RESOLVE_TIMEOUT: Final = 5.0
#: Seconds until the account is requested again where the partner named none.
_RESOLVE_AGAIN: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A rate limit that requests wait for at a moment."""

    #: The name of the limit.
    limit: str
    #: Requests that leave in a minute.
    per_minute: int
    #: Requests that wait.
    waiting: int
    #: Seconds until the pause after a 429 ends; 0 without one.
    paused: float


class Budgets:
    """The rate limits of every account that a process sends for, shared by its threads.

    `limits` changes the number of requests of a limit, by its name. A wait of more than
    `longest_wait` seconds that a partner asks for is not believed: the partner is asked again as if
    it had named none. All instances of a catalog share one object; `Instance.open` takes
    another.
    """

    def __init__(
        self,
        limits: Mapping[str, int] = EMPTY,
        *,
        longest_wait: float = LONGEST_WAIT / 2,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._limits = dict(limits)
        self._longest_wait = longest_wait
        self._clock = clock
        self._lock = Lock()
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self._waiting: Counter[tuple[str, str]] = Counter()
        # The limit that holds requests up, by the narrowest limit of these requests.
        self._slowest: dict[tuple[str, str], str] = {}
        self._accounts: dict[str, set[str]] = {}
        self._resolved: dict[tuple[str, str], tuple[str, float]] = {}

    def now(self) -> float:
        """Return the time on the clock, in seconds."""
        return self._clock()

    def register_account(self, partner: str, account: str) -> None:
        """Record that requests for an account of a partner are to be expected."""
        with self._lock:
            self._accounts.setdefault(partner, set()).add(account)

    def has_several_accounts(self, partner: str) -> bool:
        """Return whether more than one account of a partner is registered."""
        return len(self._accounts.get(partner, ())) > 1

    def resolved_account(self, partner: str, account: str) -> str | None:
        """Return the partner's own name of an account.

        Return "" where the partner named none in the last minute, None where it is not known.
        """
        resolved, until = self._resolved.get((partner, account), ("", NEVER))
        return resolved if resolved or self._clock() < until else None

    def record_account(self, partner: str, account: str, resolved: str) -> None:
        """Record the partner's own name of an account, "" for none.

        What the account has spent counts under that name from now on.
        """
        with self._lock:
            self._resolved[partner, account] = resolved, self._clock() + _RESOLVE_AGAIN
            if not resolved:
                return
            for key in [key for key in self._buckets if key[0] == account]:
                source = self._buckets[key]
                target = self._buckets.setdefault((resolved, key[1]), replace(source))
                target.due_at = max(target.due_at, source.due_at)
                target.paused_until = max(target.paused_until, source.paused_until)
                target.refusals = max(target.refusals, source.refusals)
                target.refused_at = max(target.refused_at, source.refused_at)

    def interval(self, limit: RateLimit) -> float:
        """Return the seconds between two requests at an even rate."""
        return limit.seconds / (self._limits.get(limit.name, limit.calls) * USED_SHARE)

    def reserve(self, account: str, limits: Sequence[RateLimit], until: float) -> float:
        """Return when a request may leave; count it under each limit where that is by `until`."""
        with self._lock:
            now = self._clock()
            buckets = {limit.name: self._bucket(account, limit) for limit in limits}
            slowest = max(buckets, key=lambda name: buckets[name].available_at(now))
            leaves_at = buckets[slowest].available_at(now)
            self._slowest[account, limits[0].name] = slowest
            if leaves_at <= until:
                for bucket in buckets.values():
                    bucket.take(leaves_at)
            return leaves_at

    def try_take(self, account: str, limits: Sequence[RateLimit], until: float) -> bool:
        """Count a request that may leave at once and return True; return False where it must wait.

        It must wait where others wait already, so that none of them is overtaken.
        """
        with self._lock:
            now = self._clock()
            if self._waiting.get((account, limits[0].name)) or now > until:
                return False
            buckets = [self._bucket(account, limit) for limit in limits]
            if any(bucket.available_at(now) > now for bucket in buckets):
                return False
            for bucket in buckets:
                bucket.take(now)
            return True

    def is_paused(self, account: str, limits: Sequence[RateLimit]) -> bool:
        """Return whether one of these limits pauses after a 429."""
        with self._lock:
            now = self._clock()
            return any(self._bucket(account, limit).paused_until > now for limit in limits)

    def record_refusal(
        self, account: str, limit: RateLimit, retry_after: float | None, departed_at: float
    ) -> float:
        """Pause a limit after a 429, and return the seconds until the pause ends.

        `departed_at` is when the request left. Without a `retry_after`, or with one above the
        longest wait, the pause doubles with each refusal in a row, up to a minute. Requests that
        left before the last refusal arrived could not know of it, so their refusals do not count.
        """
        with self._lock:
            bucket, now = self._bucket(account, limit), self._clock()
            pause = retry_after if retry_after and retry_after <= self._longest_wait else None
            if departed_at > bucket.refused_at:
                bucket.refusals += 1
                bucket.refused_at = now
                pause = pause or _backoff(bucket.refusals)
            if pause:
                bucket.paused_until = max(bucket.paused_until, now + pause)
            remaining = bucket.paused_until - now
            return remaining if remaining > 0 else _backoff(bucket.refusals or 1)

    def record_acceptance(self, account: str, limit: RateLimit, departed_at: float) -> None:
        """Record a response other than 429, which ends the row of refusals.

        It does not where the request left before the last refusal arrived.
        """
        bucket = self._buckets.get((account, limit.name))
        if bucket and bucket.refusals and departed_at > bucket.refused_at:
            with self._lock:
                bucket.refusals = 0

    @contextmanager
    def waiting(self, account: str, limit: RateLimit) -> Iterator[int]:
        """Count a waiting request while entered; yield how many wait for the limit by now."""
        key = (account, limit.name)
        with self._lock:
            self._waiting[key] += 1
            count = self._waiting[key]
        try:
            yield count
        finally:
            with self._lock:
                self._waiting[key] -= 1

    def available(self, account: str) -> dict[str, int]:
        """Return limit -> how many requests of an account may leave at once, of limits in use."""
        with self._lock:
            now = self._clock()
            own = ((name, found) for (key, name), found in self._buckets.items() if key == account)
            return {name: bucket.count_available(now) for name, bucket in own}

    def paces(self) -> list[Pace]:
        """Return the limits that hold requests up now, those with the most requests first."""
        with self._lock:
            now, waiting = self._clock(), Counter[tuple[str, str]]()
            for (account, narrowest), count in self._waiting.items():
                slowest = self._slowest.get((account, narrowest), narrowest)
                if count and (account, slowest) in self._buckets:
                    waiting[account, slowest] += count
            return [
                _create_pace(self._buckets[key], key[1], count, now)
                for key, count in waiting.most_common()
            ]

    def _bucket(self, account: str, limit: RateLimit) -> TokenBucket:
        key = (account, limit.name)
        if key not in self._buckets:
            self._buckets[key] = TokenBucket(self.interval(limit), limit.seconds * BURST_SHARE)
        return self._buckets[key]


@dataclass(slots=True)
class Throttle:
    """Rate limits of one open instance.

    Instances of one account take turns, however long the queue of each is.
    """

    #: The token buckets, shared with other instances.
    budgets: Budgets
    #: Whose buckets the requests take from.
    account: str
    #: method, URL -> the limits of a request, the narrowest first.
    limits_of: Callable[[str, str], Sequence[RateLimit]]
    #: The destination whose accounts may turn out to be one.
    partner: str = ""
    #: client -> the partner's own name of the account. It is called where the process sends for
    #: several accounts of the partner; None takes each account as it is.
    resolve_account: Callable[[Http], Awaitable[str]] | None = None
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    _resolving: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.budgets.register_account(self.partner, self.account)

    async def admit(self, limits: Sequence[RateLimit], until: float, http: Http) -> None:
        """Wait until a request may leave, and count it.

        Raises `RetryableError`, with the seconds to wait, where that is after `until`. `http`
        carries the request that resolves the account.
        """
        if not limits:
            return
        if self.resolve_account and self.budgets.has_several_accounts(self.partner):
            await self._resolve(until, http)
        narrowest, budgets = limits[0], self.budgets
        if budgets.try_take(self.account, limits, until):
            return
        with budgets.waiting(self.account, narrowest) as count:
            burst = narrowest.seconds * BURST_SHARE
            expected = (count - 1) * budgets.interval(narrowest) - burst
            # A request whose turn comes after its deadline fails in any case. An error now lets the
            # caller retry sooner than one at the deadline.
            if budgets.now() + expected > until:
                raise _budget_spent(narrowest, expected)
            # Without the lock all waiting requests of one instance would reserve at once. Other
            # instances of the account would then wait behind all of them.
            async with self._turns.setdefault(narrowest.name, asyncio.Lock()):
                await self._wait_for_departure(limits, until)

    def is_paused(self, limits: Sequence[RateLimit]) -> bool:
        """Return whether one of these limits pauses after a 429."""
        return self.budgets.is_paused(self.account, limits)

    def record_refusal(
        self, limits: Sequence[RateLimit], retry_after: float | None, departed_at: float
    ) -> float:
        """Pause the narrowest limit after a 429, and return the seconds until the pause ends."""
        return self.budgets.record_refusal(self.account, limits[0], retry_after, departed_at)

    def record_acceptance(self, limits: Sequence[RateLimit], departed_at: float) -> None:
        """Record a response other than 429."""
        self.budgets.record_acceptance(self.account, limits[0], departed_at)

    async def _resolve(self, until: float, http: Http) -> None:
        """Take from the buckets of the partner's own account from now on, where it names one."""
        resolved = self.budgets.resolved_account(self.partner, self.account)
        if resolved is None:
            resolving = self._resolving = self._resolving or asyncio.create_task(
                self._request_account(http)
            )
            if asyncio.current_task() is resolving:
                return  # the request that resolves the account would wait for itself
            seconds = min(_RESOLVE_TIMEOUT, until - self.budgets.now())
            await asyncio.wait([resolving], timeout=seconds)
            resolved = self.budgets.resolved_account(self.partner, self.account)
        if resolved:
            self.account, self.resolve_account = resolved, None

    async def _request_account(self, http: Http) -> None:
        account = ""
        try:
            async with asyncio.timeout(_RESOLVE_TIMEOUT):
                name: object = await self.resolve_account(http) if self.resolve_account else ""
            account = f"{self.partner} {name}" if name and isinstance(name, str) else ""
        except Exception as error:  # noqa: BLE001 - without the name each account keeps its own budget
            logger.warning("%s does not name the account: %r", self.partner, type(error))
        finally:
            self.budgets.record_account(self.partner, self.account, account)
            self._resolving = None

    async def _wait_for_departure(self, limits: Sequence[RateLimit], until: float) -> None:
        while True:
            leaves_at = self.budgets.reserve(self.account, limits, until)
            seconds = leaves_at - self.budgets.now()
            if leaves_at > until:
                raise _budget_spent(limits[0], seconds)
            await asyncio.sleep(seconds)
            # A 429 during the sleep pauses the limit. To leave at the reserved time would earn
            # another 429.
            if not self.is_paused(limits):
                return


def _create_pace(bucket: TokenBucket, limit: str, waiting: int, now: float) -> Pace:
    per_minute = int(60 / bucket.interval + 0.01)  # 489.99… of floating point is 490
    paused = max(0.0, bucket.paused_until - now)
    return Pace(limit=limit, per_minute=per_minute, waiting=waiting, paused=paused)


def _backoff(refusals: int) -> float:
    jitter = random()  # noqa: S311 - jitter spreads load, so an attacker gains nothing by a guess
    return exponential_backoff(
        refusals - 1, first=_FIRST_PAUSE, longest=LONGEST_PAUSE, jitter=jitter
    )


def _budget_spent(limit: RateLimit, seconds: float) -> RetryableError:
    message = (
        f"the budget of {limit.calls} {limit.name} calls in {limit.seconds:g} s is spent for now"
    )
    return RetryableError(message, 429, code="TOO_MANY_REQUESTS", retry_after=max(seconds, 0.1))
