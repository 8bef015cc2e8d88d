"""The calls of one open instance, as its account's budgets let them leave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from destination_kit.definitions import RateLimit
from destination_kit.errors import RetryableError
from destination_kit.http.budgets import BURST, Budgets

logger = logging.getLogger("destination_kit")
_ASKING = 5.0  # seconds that a call waits for the partner to say whose account it is


@dataclass(slots=True)
class Throttle:
    """The calls of one open instance. Flows of an account take turns, however long each queue is.

    `limits_of` tells the limits of a method and URL, the narrowest first. Where the `partner` is
    called for several accounts, which may be one to it, `owner` asks whose this is; calls wait for
    the answer, five seconds at most.
    """

    budgets: Budgets
    account: str
    limits_of: Callable[[str, str], Sequence[RateLimit]]
    partner: str = ""
    owner: Callable[[], Awaitable[str]] | None = None
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    _asking: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.budgets.join(self.partner, self.account)

    async def admit(self, limits: Sequence[RateLimit], until: float) -> None:
        """Wait for a place in the budgets.

        Raises `RetryableError`, with the seconds to wait, where there is none before `until`.
        """
        if not limits:
            return
        if self.owner and self.budgets.are_several(self.partner):
            await self._learn(self.owner, until)
        narrowest, budgets = limits[0], self.budgets
        if budgets.take(self.account, limits, until):
            return
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

    async def _learn(self, ask: Callable[[], Awaitable[str]], until: float) -> None:
        known = self.budgets.owner(self.partner, self.account)
        if known is None:
            asking = self._asking = self._asking or asyncio.create_task(self._ask(ask))
            if asyncio.current_task() is asking:
                return  # the question is a call as well
            seconds = min(_ASKING, until - self.budgets.now())
            await asyncio.wait([asking], timeout=max(0.0, seconds))
            known = self.budgets.owner(self.partner, self.account)
        if known:
            self.account, self.owner = known, None

    async def _ask(self, ask: Callable[[], Awaitable[str]]) -> None:
        owner = ""
        try:
            async with asyncio.timeout(_ASKING):
                said: object = await ask()
            owner = f"{self.partner} {said}" if said and isinstance(said, str) else ""
        except Exception as error:  # noqa: BLE001 - an author's function, or its partner
            logger.warning("%s does not say whose account it is: %r", self.partner, type(error))
        finally:
            self.budgets.settle(self.partner, self.account, owner)
            self._asking = None

    async def _depart(self, limits: Sequence[RateLimit], until: float) -> None:
        while True:
            at = self.budgets.reserve(self.account, limits, until)
            wait = at - self.budgets.now()
            if at > until:
                raise _spent(limits[0], wait)
            if wait <= 0:
                return
            await asyncio.sleep(wait)
            if not self.budgets.is_closed(self.account, limits):
                return


def _spent(limit: RateLimit, seconds: float) -> RetryableError:
    message = (
        f"the budget of {limit.calls} {limit.name} calls in {limit.seconds:g} s is spent for now"
    )
    return RetryableError(message, 429, code="TOO_MANY_REQUESTS", retry_after=max(seconds, 0.1))
