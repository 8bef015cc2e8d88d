"""An event is sent again until it is final or its time is up, and nobody overtakes it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import uniform
from time import monotonic
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

from destination_kit.results import EventResult, Failed, SubscriptionResult

if TYPE_CHECKING:
    from collections.abc import Collection

    from destination_kit._json import JsonObject
    from destination_kit.delivery.events import DeliveryRequest
    from destination_kit.delivery.source import Source
    from destination_kit.runtime import Live

LONGEST_PAUSE = 60.0  # seconds
_FIRST_PAUSE = 1.0
_LEAST = 0.01  # of the usual pause


class Board(Protocol):
    """Where it is shown what waits, and why."""

    def waits(self, code: str, count: int) -> None:
        """Note that so many more (fewer, if below 0) wait because of this code."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an event in so many tries; `stopped` where there would have been more.

    After `unknown` of them nobody knew, so that it may be at the partner more than once.
    """

    result: EventResult
    tries: int = 1
    unknown: int = 0
    stopped: bool = False


class Retries:
    """Sends the events of a run. `deadline` is in seconds of a try, `retry_for` of all tries.

    Later events of a person wait while an earlier one waits to be sent again.
    """

    def __init__(
        self, live: Live, source: Source, board: Board, *, deadline: float, retry_for: float
    ) -> None:
        self._live = live
        self._source = source
        self._board = board
        self._deadline = deadline
        self._retry_for = retry_for
        self._persons: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(self, errand: DeliveryRequest) -> Sent:
        """Return the final results of an event, or the last ones where the run is stopped."""
        received_at, until = datetime.now(UTC), monotonic() + self._retry_for
        if turn := self._persons.get(_person(errand.event)):
            async with turn:
                pass
        result = await self._try(errand.event, received_at, errand.only)
        if not _again(result):
            return Sent(result)
        turn = self._persons.setdefault(_person(errand.event), asyncio.Lock())
        async with turn:
            return await self._go_on(errand.event, received_at, result, until)

    async def _go_on(
        self, event: JsonObject, received_at: datetime, result: EventResult, until: float
    ) -> Sent:
        tries, unknown = 1, 0
        while failures := _again(result):
            pause = _pause([failed for _, failed in failures], tries)
            if monotonic() + pause > until:
                break
            with self._waiting(failures[0][1].code):
                if await self._is_stopped(pause):
                    return Sent(result, tries, unknown, stopped=True)
            unknown += any(failed.outcome == "unknown" for _, failed in failures)
            again = await self._try(event, received_at, {name for name, _ in failures})
            result, tries = _merged(result, again), tries + 1
        return Sent(result, tries, unknown)

    async def _try(
        self, event: JsonObject, received_at: datetime, only: Collection[str] | None
    ) -> EventResult:
        [result] = await self._live.send(
            [event], deadline=self._deadline, received_at=received_at, only=only
        )
        return result

    async def _is_stopped(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._source.ended.wait(), seconds)
        except TimeoutError:
            return False
        return True

    @contextmanager
    def _waiting(self, code: str) -> Iterator[None]:
        self._board.waits(code, 1)
        try:
            yield
        finally:
            self._board.waits(code, -1)


def _person(event: JsonObject) -> str:
    for name in ("userId", "anonymousId"):
        if isinstance(known := event.get(name), str) and known:
            return f"{name} {known}"
    return f"nobody {id(event)}"


def _again(result: EventResult) -> Sequence[tuple[str, Failed]]:
    """Return the subscriptions that failed and are worth another try."""
    return [
        (each.subscription, each.result)
        for each in result.results
        if isinstance(each.result, Failed) and each.result.retryable
    ]


def _pause(failures: Sequence[Failed], tries: int) -> float:
    """Return the seconds to the next try: what the partner asks for, else more each time.

    Who asks for no pause gets a short one, which grows as well.
    """
    wanted = [each.retry_after for each in failures if each.retry_after is not None]
    longest = min(LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(tries - 1, 10))
    backoff = uniform(longest / 2, longest)  # noqa: S311
    return max(*wanted, backoff * _LEAST) if wanted else backoff


def _merged(first: EventResult, again: EventResult) -> EventResult:
    known: dict[str, SubscriptionResult] = {each.subscription: each for each in again.results}
    results = tuple(known.get(each.subscription, each) for each in first.results)
    return replace(first, results=results)
