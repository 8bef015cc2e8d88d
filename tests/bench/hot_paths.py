"""Hot paths: the work of every event, one path at a time, with its bytecodes counted."""

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
from destination_kit._event_size import EventMeter
from tests.bench import work
from tests.bench.counting import OpcodeCount, count_opcodes
from tests.bench.flights import lifted

Path: TypeAlias = Callable[[int], OpcodeCount]
"""number of runs -> the bytecodes of these runs, after as many runs that are not counted."""
BATCH = 100


class ImmediateTransport(httpx.AsyncBaseTransport):
    """Transport that responds in this process, without a wait, and accepts every request."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return Qualtrics' response for a new contact or transaction."""
        result: Mapping[str, Any] = {"id": "CID_1"}
        if request.url.path.endswith("/transactions"):
            entries = json.loads(request.content)
            result = {"createdTransactions": {name: {"id": "CTR_1"} for name in entries}}
        return httpx.Response(200, json={"result": result, "meta": {}})


def trigger(fql: str, event: str, times: int) -> OpcodeCount:
    """Count the evaluation of a trigger that matches."""
    compiled = work.configured(work.ADD, fql).compiled_subscriptions[
        0
    ]  # the second one deletes users
    return count_repeated(compiled.matches, work.EVENTS[event](), times)


def payload(action: str, event: str, times: int) -> OpcodeCount:
    """Count the preparation of a payload: from the event to the checked payload."""
    compiled = work.configured(action).compiled_subscriptions[0]  # the second one deletes users
    source = work.EVENTS[event]()
    # An event is measured once for all subscriptions; `send` and `batch` hold that cost.
    size = EventMeter().measure(source)
    return count_repeated(lambda event: compiled.prepare(event, size), source, times)


def send(times: int, *, others: int = 0) -> OpcodeCount:
    """Count calls of `send` with an event of a new person; `others` subscriptions do not match."""
    events = work.of_people(work.identify())
    return asyncio.run(_send_lists(work.configured(work.ADD, others=others), events, 1, times))


def batch(times: int) -> OpcodeCount:
    """Count calls of `send` that each fill a batch of transactions."""
    events = work.of_people(work.track(), qualtricsContactId="CID_1")
    return asyncio.run(_send_lists(work.configured(work.UPSERT), events, BATCH, times))


@dataclass(frozen=True, slots=True)
class HotPath:
    """A hot path and how it is counted."""

    count: Path
    #: Number of counted runs.
    times: int = 10
    #: Events per run.
    size: int = 1

    def opcodes(self) -> OpcodeCount:
        """Return the bytecodes of all runs."""
        return self.count(self.times)

    def per_event(self, count: float) -> float:
        """Return the bytecodes of one event, from the bytecodes of all runs."""
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


def count_repeated(call: Callable[[Any], object], event: object, times: int = 10) -> OpcodeCount:
    """Count a number of calls, after as many calls that fill every cache."""
    with count_opcodes() as opcodes:
        for _ in range(times):
            call(event)
        opcodes.reset()
        for _ in range(times):
            call(event)
    return opcodes


async def _send_lists(
    instance: Instance, events: Iterator[Mapping[str, Any]], size: int, times: int
) -> OpcodeCount:
    lists = [list(islice(events, size)) for _ in range(2 * times)]
    async with instance.open(ImmediateTransport(), budgets=lifted()) as live:
        with count_opcodes() as opcodes:
            for batch in lists[:times]:
                _check(await live.send(batch))
            opcodes.reset()
            for batch in lists[times:]:
                await live.send(batch)
    return opcodes


def _check(outcomes: Sequence[EventResult]) -> None:
    if not all(outcome.results and outcome.ok for outcome in outcomes):
        raise SystemExit(f"not delivered: {outcomes[0]}")
