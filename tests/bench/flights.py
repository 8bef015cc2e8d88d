"""Flights: delivery of many events by an open instance, some of them in flight at a time."""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from time import perf_counter
from typing import Any

from destination_kit import Budgets, Delivered, EventResult, Instance, Live
from tests.bench import partner, sides, work

LIMITS = ("brand", "contacts", "search", "transactions", "workflows")
KNOWN = 1000
WARM = 0.1  # share of a long flight before memory is measured


@dataclass(frozen=True, slots=True)
class Flight:
    """Options of a flight."""

    action: str = work.ADD
    event: str = "identify"
    #: The install: plain, or with the extra `fast`.
    side: str = sides.PLAIN
    #: Events per call of `send`.
    size: int = 1
    #: Concurrent calls of `send`.
    in_flight: int = 64
    #: Subscriptions that do not match, before the matching one.
    others: int = 0
    #: Duration without a `count`, after the warm-up.
    seconds: float = 1.0
    warm_up: float = 0.3
    #: Number of events, 0 for a flight of `seconds`.
    count: int = 0

    def events(self) -> Iterator[Mapping[str, Any]]:
        """Yield events of new people; for transactions, of 1,000 people with a contact id."""
        event = work.EVENTS[self.event]()
        if self.action != work.UPSERT:
            return work.of_people(event)
        # Made once: making an event takes a tenth of the time of sending it in a batch.
        return cycle([*islice(work.of_people(event, qualtricsContactId="CID_1"), KNOWN)])

    def instance(self) -> Instance:
        """Return the instance that receives the events."""
        return work.configured(self.action, others=self.others)


async def fly(flight: Flight, url: str) -> dict[str, float]:
    """Fly; return the rate, the memory in megabytes, and the counts of the partner."""
    events = flight.events()
    async with flight.instance().open(
        connect_to={"*.qualtrics.com": url}, budgets=lifted()
    ) as live:
        warm = await _flood(live, flight, events, _for(flight, WARM, flight.warm_up))
        partner.stats(url)
        before, started = megabytes(), perf_counter()
        done = await _flood(live, flight, events, _for(flight, 1 - WARM, flight.seconds))
        seconds = perf_counter() - started
        counted = partner.stats(url)
    return {
        "value": done / seconds,
        "events": done,
        "all": warm + done,
        **counted,
        "megabytes": megabytes(),
        "grown": megabytes() - before,
    }


def lifted() -> Budgets:
    """Return budgets so large that no request waits. The work of keeping them remains."""
    return Budgets(dict.fromkeys(LIMITS, 10**9))


def megabytes() -> float:
    """Return the peak memory of this process."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _for(flight: Flight, share: float, seconds: float) -> Callable[[int], bool]:
    if flight.count:
        count = round(flight.count * share)
        return lambda sent: sent >= count
    end = perf_counter() + seconds
    return lambda _: perf_counter() >= end


async def _flood(
    live: Live,
    flight: Flight,
    events: Iterator[Mapping[str, Any]],
    is_enough: Callable[[int], bool],
) -> int:
    sent = 0

    async def worker() -> None:
        nonlocal sent
        while not is_enough(sent):
            sent += flight.size
            _check(await live.send(list(islice(events, flight.size))))

    async with asyncio.TaskGroup() as group:
        for _ in range(flight.in_flight):
            group.create_task(worker())
    return sent


def _check(outcomes: Sequence[EventResult]) -> None:
    for outcome in outcomes:
        if len(outcome.results) != 1 or not isinstance(outcome.results[0].result, Delivered):
            raise SystemExit(f"not delivered once: {outcome}")
