"""Events through an open instance, some in flight at a time."""

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
WARM = 0.1  # of a long flight is flown before memory is looked at


@dataclass(frozen=True, slots=True)
class Flight:
    """How events fly: lists of `size`, `in_flight` of them, by the install named `side`.

    `count` ends it after so many events, `seconds` where there is no count.
    """

    action: str = work.ADD
    event: str = "identify"
    side: str = sides.PLAIN
    size: int = 1
    in_flight: int = 64
    others: int = 0
    seconds: float = 1.0
    warm_up: float = 0.3
    count: int = 0

    def events(self) -> Iterator[Mapping[str, Any]]:
        """Give events of people whom nobody knows; of a thousand who are known, for transactions.

        To make an event is not what a host does, and takes a tenth of the time to send it in a batch.
        """
        event = work.EVENTS[self.event]()
        if self.action != work.UPSERT:
            return work.of_people(event)
        return cycle([*islice(work.of_people(event, qualtricsContactId="CID_1"), KNOWN)])

    def instance(self) -> Instance:
        """Return the instance that they are sent to."""
        return work.configured(self.action, others=self.others)


async def fly(flight: Flight, url: str) -> dict[str, float]:
    """Return what a flight took, and what the partner counted meanwhile."""
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
    """Return budgets that keep nobody waiting; they are still kept."""
    return Budgets(dict.fromkeys(LIMITS, 10**9))


def megabytes() -> float:
    """Return the most memory that this process has had."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _for(flight: Flight, share: float, seconds: float) -> Callable[[int], bool]:
    if flight.count:
        most = round(flight.count * share)
        return lambda done: done >= most
    end = perf_counter() + seconds
    return lambda _: perf_counter() >= end


async def _flood(
    live: Live,
    flight: Flight,
    events: Iterator[Mapping[str, Any]],
    is_enough: Callable[[int], bool],
) -> int:
    taken = 0

    async def worker() -> None:
        nonlocal taken
        while not is_enough(taken):
            taken += flight.size
            _check(await live.send(list(islice(events, flight.size))))

    async with asyncio.TaskGroup() as group:
        for _ in range(flight.in_flight):
            group.create_task(worker())
    return taken


def _check(outcomes: Sequence[EventResult]) -> None:
    for each in outcomes:
        if len(each.results) != 1 or not isinstance(each.results[0].result, Delivered):
            raise SystemExit(f"not delivered once: {each}")
