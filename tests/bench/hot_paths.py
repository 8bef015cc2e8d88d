"""What is done for every event, one path at a time, for whoever counts the bytecodes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeAlias

import httpx

from destination_kit import EventResult
from tests.bench import work
from tests.bench.counting import Tally, counted
from tests.bench.flights import lifted

Path: TypeAlias = Callable[[int], Tally]
"""Counts so many runs of a path, after as many that are not counted."""
BATCH = 100


class AtOnce(httpx.AsyncBaseTransport):
    """Answers in this process, without a wait, as Qualtrics does when it takes everything."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return what a new contact or transaction is answered with."""
        result: Mapping[str, Any] = {"id": "CID_1"}
        if request.url.path.endswith("/transactions"):
            entries = json.loads(request.content)
            result = {"createdTransactions": {name: {"id": "CTR_1"} for name in entries}}
        return httpx.Response(200, json={"result": result, "meta": {}})


def trigger(fql: str, event: str, times: int) -> Tally:
    """Count what a trigger asks of an event that it matches."""
    [route] = work.configured(work.ADD, fql).routes
    return repeated(route.matches, work.EVENTS[event](), times)


def payload(action: str, event: str, times: int) -> Tally:
    """Count the way from an event to a checked payload."""
    [route] = work.configured(action).routes
    made = work.EVENTS[event]()
    return repeated(lambda given: route.validate(route.resolve(given)), made, times)


def send(action: str, event: str, size: int, times: int) -> Tally:
    """Count calls of `send` with lists of so many events, of people whom nobody knows."""
    return asyncio.run(_send(action, event, size, times))


@dataclass(frozen=True, slots=True)
class HotPath:
    """A path, how often it is counted, and the events that it takes at a time."""

    count: Path
    times: int = 10
    size: int = 1

    def tally(self) -> Tally:
        """Return the bytecodes of all runs."""
        return self.count(self.times)

    def per_event(self, count: float) -> float:
        """Return the share of an event in what was counted in all runs."""
        return round(count / (self.times * self.size), 1)


PATHS: Mapping[str, HotPath] = {
    "trigger": HotPath(partial(trigger, work.SIMPLE, "identify")),
    "trigger-5": HotPath(partial(trigger, work.FIVE, "track")),
    "contact-identify": HotPath(partial(payload, work.ADD, "identify")),
    "contact-track": HotPath(partial(payload, work.ADD, "track")),
    "transaction-identify": HotPath(partial(payload, work.UPSERT, "identify")),
    "transaction-track": HotPath(partial(payload, work.UPSERT, "track")),
    "send": HotPath(partial(send, work.ADD, "identify", 1)),
    "batch": HotPath(partial(send, work.UPSERT, "track", BATCH), 2, BATCH),
}


def repeated(call: Callable[[Any], object], event: object, times: int = 10) -> Tally:
    """Count so many calls, after as many in which everything is made that is made once."""
    with counted() as tally:
        for _ in range(times):
            call(event)
        tally.forget()
        for _ in range(times):
            call(event)
    return tally


async def _send(action: str, event: str, size: int, times: int) -> Tally:
    known = {"qualtricsContactId": "CID_1"} if action == work.UPSERT else {}
    events = work.of_people(work.EVENTS[event](), **known)
    lists = [list(islice(events, size)) for _ in range(2 * times)]
    async with work.configured(action).open(AtOnce(), budgets=lifted()) as live:
        with counted() as tally:
            for each in lists[:times]:
                _check(await live.send(each))
            tally.forget()
            for each in lists[times:]:
                await live.send(each)
    return tally


def _check(outcomes: Sequence[EventResult]) -> None:
    if not all(each.results and each.ok for each in outcomes):
        raise SystemExit(f"not delivered: {outcomes[0]}")
