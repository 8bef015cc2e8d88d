"""Benchmark of load: events per minute within a partner's limits, and the results under faults.

    python -m tests.bench.load [--quick] [--json FILE] [--only CASE]

The simulated Qualtrics keeps the documented limits, in shortened minutes. The reference from npm
runs against it for a real minute, with 64 events in flight, and retries failed events. A share of
a core near 100 % means that the processor limits the rate, and not the budget. The exit code is 1
where a goal is missed. `--quick` delivers a twentieth of the events, and needs no Node.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

from destination_kit.http import HttpxTransport, choose_transport
from destination_kit.http.transports.aiohttp import AiohttpTransport
from tests.bench.harness import (
    ADD,
    DIRECTORY,
    LIMITS,
    TOKEN,
    UPSERT,
    USER,
    Bench,
    Case,
    Row,
    Run,
    limits,
    purchase,
    run_cases,
    simulated,
    state,
    switch,
)
from tests.bench.mishaps import gated_proxy, once_contacts_exist

MINUTE = 60.0  # seconds that the reference runs
BOTH = (UPSERT, ADD)


def known_contacts(bench: Bench) -> Iterator[Row]:
    """(a) Transactions with a contactId; minutes are half as long."""

    def write(url: str, count: int) -> Path:
        ids = [contact["contactId"] for contact in state(url, "contacts")[DIRECTORY]]
        return bench.write(
            purchase(number, "u-1", contactId=bench.random.choice(ids)) for number in range(count)
        )

    yield from _compare(bench, 2, 100_000, write, people=1000, goal=50)


def people_looked_up(bench: Bench) -> Iterator[Row]:
    """(b) Transactions of 1,000 people without a contact; minutes are half as long."""
    people = bench.count(1000)

    def write(_: str, count: int) -> Path:
        return bench.write(
            purchase(number, f"u-{bench.random.randrange(people)}") for number in range(count)
        )

    yield from _compare(bench, 2, 20_000, write, goal=10)


def contacts(bench: Bench) -> Iterator[Row]:
    """(c) A new contact per event; minutes are a quarter as long."""

    def write(_: str, count: int) -> Path:
        return bench.write(identify(number) for number in range(count))

    yield from _compare(bench, 4, 2500, write, actions=(ADD,))


def faults(bench: Bench) -> Iterator[Row]:
    """(d) 5 % of 500, 503 and 504, 5 % of resets, 2 % of 429, 1 % of HTML, 20-500 ms, 2 s of lag.

    A write without a response takes effect up to 3 s late, and a listing shows it 3 s later.
    """
    shares = {
        "statuses": {"500": 0.02, "503": 0.02, "504": 0.01, "429": 0.02},
        "html": 0.2,  # share of the error responses
        "late": 0.2,  # share of the errors that come after the change was made
        "resetBefore": 0.025,
        "resetAfter": 0.025,
        "appliedLate": 3.0,
    }
    events = _mixed(bench)
    switches: dict[str, Any] = {
        "faults": shares,
        "latency": [0.02, 0.5],
        "search": {"lag": 2.0},
        "transactions": {"listingLag": 3.0},
    }
    with _limited(10, **switches) as url:
        run = bench.deliver(url, bench.write(events), *limits(10), actions=BOTH)
        yield from _account_for(url, events, run)
    pairs = bench.count(200)
    events = [purchase(number // 2, f"u-{number // 2}") for number in range(2 * pairs)]
    with _limited(10, **switches) as url:
        run = bench.deliver(url, bench.write(events), *limits(10), actions=BOTH)
        stored = state(url, "counts")["transactions"]
        wanted = 2 * pairs
        yield Row(f"transactions of {pairs:,} equal pairs", stored, f"{wanted}", stored == wanted)
        unknown = sum(bool(record.get("unknownTries")) for record in run.records())
        yield Row("  retried after an unknown outcome", unknown)


def dead_for_a_minute(bench: Bench) -> Iterator[Row]:
    """(e) The partner is unreachable for a minute; minutes are a tenth as long."""
    events = _mixed(bench)
    with _limited(10) as url, gated_proxy(url) as proxy:

        def interrupt() -> None:
            proxy.shut()
            sleep(MINUTE / 10)
            proxy.open()

        with once_contacts_exist(url, bench.count(100), interrupt):
            run = bench.deliver(proxy.url, bench.write(events), *limits(10), actions=BOTH)
        yield from _account_for(url, events, run)


def token_refused(bench: Bench) -> Iterator[Row]:
    """(f) The token is refused during the run, and accepted when the run is resumed."""
    people = bench.count(600)  # looked up again when the run is resumed
    events = [purchase(number, f"u-{number % people}") for number in range(bench.count(3000))]
    file = bench.write(events)
    with _limited(10) as url:
        other_tokens: dict[str, Any] = {TOKEN: None, "another": USER}
        refuse = partial(switch, url, tokens=other_tokens)
        with once_contacts_exist(url, bench.count(200), refuse):
            run = bench.deliver(url, file, *limits(10))
        final = sum(record["status"] != "open" for record in run.records())
        refused = _count_statuses(url)["401"]
        yield Row("lines that were final when the run stopped", final)
        limit = calls_in_flight()
        yield Row("calls that were refused", refused, f"in flight: {limit}", refused <= limit)
        switch(url, tokens={TOKEN: USER})
        run = bench.deliver(url, file, "--resume", run.results, *limits(10))
        yield from _account_for(url, events, run)


def calls_in_flight() -> int:
    """Return how many calls can be in flight when the first one is refused: all slots of a client.

    After an idle time a tenth of a minute's calls may leave at once. Where the simulator shares a
    busy machine with the client, all of these wait for it when the token is refused.
    """
    transports = {"aiohttp": AiohttpTransport, "httpx": HttpxTransport}
    return transports[choose_transport()].max_concurrent


def identify(number: int) -> Mapping[str, Any]:
    """Return an identify event of a person."""
    properties = {"email": f"u-{number}@example.com"}
    return {"type": "identify", "userId": f"u-{number}", "properties": properties}


def _mixed(bench: Bench) -> Sequence[Mapping[str, Any]]:
    """Return events of 600 people: purchases of each, and identify events of some."""
    people = bench.count(600)
    return [
        purchase(number, f"u-{number % people}") if number % 4 else identify(number % people)
        for number in range(bench.count(3000))
    ]


def _compare(
    bench: Bench,
    scale: float,
    count: int,
    write: Callable[[str, int], Path],
    *,
    people: int = 0,
    actions: Sequence[str] = (UPSERT,),
    goal: float = 0.0,
) -> Iterator[Row]:
    count, kind = bench.count(count), "contacts" if ADD in actions else "transactions"
    with _limited(scale, people) as url:
        run = bench.deliver(url, write(url, count), *limits(scale), actions=actions)
        ours = 60 * state(url, "counts")[kind] / run.seconds / scale
        yield Row("events a minute", ours)
        yield from _budget_use(url, run, scale, only=ADD in actions and bench.scale == 1)
        yield from _check_complete(url, run, {kind: count})
    if not bench.node:
        return
    with _limited(scale, people) as url:
        seconds = bench.deliver_by_reference(url, write(url, count), MINUTE, actions=actions)
        theirs = 60 * state(url, "counts")[kind] / seconds / scale
        yield Row("events a minute of the reference", theirs)
        yield Row("% of its calls refused with 429", _refused(url))
    ratio, shown_goal = ours / theirs, f"at least {goal:g}" if goal else ""
    yield Row("ratio of ours to theirs", ratio, shown_goal, ratio >= goal if goal else None)


def _budget_use(url: str, run: Run, scale: float, *, only: bool) -> Iterator[Row]:
    """Yield the used share of the budget; the goal is all of it where a run waits for it `only`."""
    used = {
        limit: 100 * state(url, "calls").get(name, Counter()).get("200", 0) * 60 / run.seconds
        for limit, name in ENDPOINTS.items()
    }
    narrowest = max(used[limit] / LIMITS[limit] / scale for limit in used)
    goal = "at least 95" if only else ""
    yield Row("% of the narrowest budget used", narrowest, goal, narrowest >= 95 if only else None)
    refused = _refused(url)
    yield Row("% of calls refused with 429", refused, "under 0.5", refused < 0.5)
    yield Row("% of a core busy", run.share)
    yield Row("seconds", run.seconds)


ENDPOINTS = {
    "search": "POST /API/v3/directories/{directoryId}/contacts/search",
    "contacts": "POST /API/v3/directories/{directoryId}/contacts",
    "transactions": "POST /API/v3/directories/{directoryId}/transactions",
}


def _check_complete(url: str, run: Run, expected: Mapping[str, int]) -> Iterator[Row]:
    counts = state(url, "counts")
    for what, count in expected.items():
        yield Row(f"{what} of {count:,}", counts[what], "all", counts[what] == count)
    yield Row("failed", len(run.failed), "0", not run.failed)


def _account_for(url: str, events: Sequence[Mapping[str, Any]], run: Run) -> Iterator[Row]:
    """Yield the results of all events, and the lost and duplicate transactions."""
    records = {record["line"] - 1: record for record in run.records()}
    transactions = state(url, "transactions")[DIRECTORY]
    stored = Counter(int(transaction["data"]["n"]) for transaction in transactions)
    bought = {number for number, event in enumerate(events) if event["type"] == "track"}
    delivered = {number for number, record in records.items() if record["status"] == "delivered"}
    codes = Counter(
        result["code"]
        for record in records.values()
        if record["status"] == "failed"
        for result in record["results"]
        if result["status"] == "failed"
    )
    unknown = {number for number, record in records.items() if record.get("unknownTries")}
    silent, missing = len(events) - len(records), len((bought & delivered) - set(stored))
    duplicates = {number for number, times in stored.items() if times > 1}
    yield Row("events without a result", silent, "0", not silent)
    yield Row("events delivered", len(delivered))
    for code, times in codes.items():
        yield Row(f"  dead letters: {code}", times)
    yield Row("transactions delivered and not stored", missing, "0", not missing)
    yield Row("retried after an unknown outcome", len(unknown))
    twice = len(duplicates & unknown)
    yield Row("  of these stored twice", twice, "0", not twice)
    yield Row("others stored twice", len(duplicates - unknown), "0", duplicates <= unknown)
    people = len({event["userId"] for event in events})
    contacts = state(url, "counts")["contacts"]
    yield Row(f"contacts of {people:,} people", contacts, f"{people}", contacts == people)
    yield Row("% of a core busy", run.share)
    yield Row("seconds", run.seconds)


def _limited(scale: float, people: int = 0, **switches: object) -> Any:
    return simulated(people, limits={"enabled": True, "timeScale": scale}, **switches)


def _count_statuses(url: str) -> Counter[str]:
    """Return the number of responses by HTTP status."""
    statuses = Counter[str]()
    for counts in state(url, "calls").values():
        statuses.update(counts)
    return statuses


def _refused(url: str) -> float:
    statuses = _count_statuses(url)
    return 100 * statuses["429"] / max(1, statuses.total())


CASES: Sequence[Case] = (
    known_contacts,
    people_looked_up,
    contacts,
    faults,
    dead_for_a_minute,
    token_refused,
)

if __name__ == "__main__":
    sys.exit(run_cases({case.__name__: case for case in CASES}, "tests.bench.load"))
