"""What is done for every event, one path at a time, for whoever counts the bytecodes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeAlias

import httpx

from destination_kit import EventResult, Instance
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
    [compiled] = work.configured(work.ADD, fql).compiled_subscriptions
    return repeated(compiled.matches, work.EVENTS[event](), times)


def payload(action: str, event: str, times: int) -> Tally:
    """Count the way from an event to a checked payload."""
    [compiled] = work.configured(action).compiled_subscriptions
    made = work.EVENTS[event]()
    return repeated(compiled.prepare, made, times)


def send(times: int, *, others: int = 0) -> Tally:
    """Count calls of `send` with one event of a new person, past others that do not want it."""
    events = work.of_people(work.identify())
    return asyncio.run(_sent(work.configured(work.ADD, others=others), events, 1, times))


def batch(times: int) -> Tally:
    """Count calls of `send` that fill a batch of transactions each."""
    events = work.of_people(work.track(), qualtricsContactId="CID_1")
    return asyncio.run(_sent(work.configured(work.UPSERT), events, BATCH, times))


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
    "send": HotPath(send),
    "send-of-50": HotPath(partial(send, others=49)),
    "batch": HotPath(batch, 2, BATCH),
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


async def _sent(
    instance: Instance, events: Iterator[Mapping[str, Any]], size: int, times: int
) -> Tally:
    lists = [list(islice(events, size)) for _ in range(2 * times)]
    async with instance.open(AtOnce(), budgets=lifted()) as live:
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
