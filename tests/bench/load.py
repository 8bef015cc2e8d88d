"""How much of a partner's limits becomes events, and what becomes of events when calls go wrong.

    python -m tests.bench.load [--quick] [--json FILE] [--only CASE]

The simulated Qualtrics keeps the documented limits, in minutes that are shorter than ours; the
reference from npm runs against it for a minute of ours, 64 events in flight, and tries again what
has failed. The share of a core that was busy tells whether it is the budget that is measured. Ends
with 1 where a goal is missed. `--quick` takes a twentieth of the events, and does without Node.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

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
from tests.bench.mishaps import amid, door

MINUTE = 60.0  # seconds, in which the reference delivers what it can
BOTH = (UPSERT, ADD)


def known_contacts(bench: Bench) -> Iterator[Row]:
    """(a) Transactions of contacts that the event names; minutes are half as long."""

    def write(url: str, count: int) -> Path:
        ids = [each["contactId"] for each in state(url, "contacts")[DIRECTORY]]
        return bench.write(
            purchase(number, "u-1", contactId=bench.chance.choice(ids)) for number in range(count)
        )

    yield from _beside(bench, 2, 100_000, write, people=1000, least=50)


def people_looked_up(bench: Bench) -> Iterator[Row]:
    """(b) Transactions of 1,000 people whom nobody knows; half as long."""
    people = bench.count(1000)

    def write(_: str, count: int) -> Path:
        return bench.write(
            purchase(number, f"u-{bench.chance.randrange(people)}") for number in range(count)
        )

    yield from _beside(bench, 2, 20_000, write, least=10)


def contacts(bench: Bench) -> Iterator[Row]:
    """(c) A contact each; a quarter as long."""

    def write(_: str, count: int) -> Path:
        return bench.write(identify(number) for number in range(count))

    yield from _beside(bench, 4, 2500, write, actions=(ADD,))


def faults(bench: Bench) -> Iterator[Row]:
    """(d) 5 % of 500, 503 and 504, 5 % of resets, 2 % of 429, 1 % of HTML, 20-500 ms, 2 s of lag."""
    wrong = {
        "statuses": {"500": 0.02, "503": 0.02, "504": 0.01, "429": 0.02},
        "html": 0.2,  # of the 5 %
        "late": 0.2,  # after the work was done
        "resetBefore": 0.025,
        "resetAfter": 0.025,
    }
    events = _mixed(bench)
    switches: dict[str, Any] = {"faults": wrong, "latency": [0.02, 0.5], "search": {"lag": 2.0}}
    with _limited(10, **switches) as url:
        run = bench.deliver(url, bench.write(events), *limits(10), actions=BOTH)
        yield from _accounted(url, events, run)


def dead_for_a_minute(bench: Bench) -> Iterator[Row]:
    """(e) Nobody there for a minute, a tenth as long, and then back."""
    events = _mixed(bench)
    with _limited(10) as url, door(url) as entrance:

        def die() -> None:
            entrance.shut()
            sleep(MINUTE / 10)
            entrance.open()

        with amid(url, bench.count(100), die):
            run = bench.deliver(entrance.url, bench.write(events), *limits(10), actions=BOTH)
        yield from _accounted(url, events, run)


def token_refused(bench: Bench) -> Iterator[Row]:
    """(f) The token is refused in the middle, and accepted when the run goes on."""
    people = bench.count(600)  # who are looked up again when the run goes on
    events = [purchase(number, f"u-{number % people}") for number in range(bench.count(3000))]
    file = bench.write(events)
    with _limited(10) as url:
        nobody: dict[str, Any] = {TOKEN: None, "another": USER}
        with amid(url, bench.count(200), partial(switch, url, tokens=nobody)):
            run = bench.deliver(url, file, *limits(10))
        lines, refused = sum(each["status"] != "open" for each in run.each()), _outcomes(url)["401"]
        yield Row("lines that were final when the run stopped", lines)
        yield Row("calls that were refused", refused, "in flight at most", refused <= IN_FLIGHT)
        switch(url, tokens={TOKEN: USER})
        run = bench.deliver(url, file, "--resume", run.results, *limits(10))
        yield from _accounted(url, events, run)


IN_FLIGHT = 20  # calls at a time, the connections of a client


def identify(number: int) -> Mapping[str, Any]:
    """Return an identify event of one more person."""
    properties = {"email": f"u-{number}@example.com"}
    return {"type": "identify", "userId": f"u-{number}", "properties": properties}


def _mixed(bench: Bench) -> Sequence[Mapping[str, Any]]:
    """Return events of 600 people, each with a purchase or more, and some identified as well."""
    people = bench.count(600)
    return [
        purchase(number, f"u-{number % people}") if number % 4 else identify(number % people)
        for number in range(bench.count(3000))
    ]


def _beside(
    bench: Bench,
    scale: float,
    count: int,
    write: Callable[[str, int], Path],
    *,
    people: int = 0,
    actions: Sequence[str] = (UPSERT,),
    least: float = 0.0,
) -> Iterator[Row]:
    count, made = bench.count(count), "contacts" if ADD in actions else "transactions"
    with _limited(scale, people) as url:
        run = bench.deliver(url, write(url, count), *limits(scale), actions=actions)
        ours = 60 * state(url, "counts")[made] / run.seconds / scale
        yield Row("events a minute", ours)
        yield from _spent(url, run, scale, only=ADD in actions and bench.scale == 1)
        yield from _whole(url, run, {made: count})
    if not bench.node:
        return
    with _limited(scale, people) as url:
        seconds = bench.refer(url, write(url, count), MINUTE, actions=actions)
        theirs = 60 * state(url, "counts")[made] / seconds / scale
        yield Row("events a minute of the reference", theirs)
        yield Row("% of its calls refused with 429", _refused(url))
    ratio, goal = ours / theirs, f"at least {least:g}" if least else ""
    yield Row("ours to one of theirs", ratio, goal, ratio >= least if least else None)


def _spent(url: str, run: Run, scale: float, *, only: bool) -> Iterator[Row]:
    """Say how the budget was spent; where it is the `only` thing to wait for, all of it."""
    used = {
        limit: 100 * state(url, "calls").get(name, Counter()).get("200", 0) * 60 / run.seconds
        for limit, name in ENDPOINTS.items()
    }
    narrowest = max(used[each] / LIMITS[each] / scale for each in used)
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


def _whole(url: str, run: Run, wanted: Mapping[str, int]) -> Iterator[Row]:
    made = state(url, "counts")
    for what, count in wanted.items():
        yield Row(f"{what} of {count:,}", made[what], "all", made[what] == count)
    yield Row("failed", len(run.failed), "0", not run.failed)


def _accounted(url: str, events: Sequence[Mapping[str, Any]], run: Run) -> Iterator[Row]:
    """Say what became of every event, and what is there twice."""
    results = {each["line"] - 1: each for each in run.each()}
    stored = Counter(int(each["data"]["n"]) for each in state(url, "transactions")[DIRECTORY])
    bought = {n for n, each in enumerate(events) if each["type"] == "track"}
    delivered = {n for n, each in results.items() if each["status"] == "delivered"}
    reasons = Counter(
        one["code"]
        for each in results.values()
        if each["status"] == "failed"
        for one in each["results"]
        if one["status"] == "failed"
    )
    unknown = {n for n, each in results.items() if each.get("unknownTries")}
    silent, missing = len(events) - len(results), len((bought & delivered) - set(stored))
    twice = {n for n, times in stored.items() if times > 1}
    yield Row("events without a result", silent, "0", not silent)
    yield Row("events delivered", len(delivered))
    for code, times in reasons.items():
        yield Row(f"  dead letters: {code}", times)
    yield Row("transactions delivered and not there", missing, "0", not missing)
    yield Row("sent again not knowing what had become of them", len(unknown))
    yield Row("  of these there twice", len(twice & unknown))
    yield Row("there twice of others", len(twice - unknown), "0", twice <= unknown)
    people, made = len({each["userId"] for each in events}), state(url, "counts")["contacts"]
    yield Row(f"contacts of {people:,} people", made, f"{people}", made == people)
    yield Row("% of a core busy", run.share)
    yield Row("seconds", run.seconds)


def _limited(scale: float, people: int = 0, **switches: object) -> Any:
    return simulated(people, limits={"enabled": True, "timeScale": scale}, **switches)


def _outcomes(url: str) -> Counter[str]:
    """Return how often each status was answered."""
    found = Counter[str]()
    for counts in state(url, "calls").values():
        found.update(counts)
    return found


def _refused(url: str) -> float:
    found = _outcomes(url)
    return 100 * found["429"] / max(1, found.total())


CASES: Sequence[Case] = (
    known_contacts,
    people_looked_up,
    contacts,
    faults,
    dead_for_a_minute,
    token_refused,
)

if __name__ == "__main__":
    sys.exit(run_cases({each.__name__: each for each in CASES}, "tests.bench.load"))
