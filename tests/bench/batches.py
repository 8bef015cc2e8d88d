"""Benchmark of batches: calls per event, lost and duplicate records, and memory for a long file.

    python -m tests.bench.batches [--quick] [--json FILE] [--only CASE]

The reference from npm runs against the same simulator, with 64 events in flight. The exit code is
1 where a goal is missed. `--quick` delivers a twentieth of the long files, and needs no Node.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench.harness import (
    ADD,
    DIRECTORY,
    UNLIMITED,
    UPSERT,
    Bench,
    Case,
    Row,
    purchase,
    run_cases,
    simulated,
    state,
)


def new_people(bench: Bench) -> Iterator[Row]:
    """64 in flight, 8 new people, both contact actions, 3 s of search lag."""
    events = []
    for number in range(64):
        event = purchase(number, f"u-{number % 8}")
        events.append({**event, "type": "identify"} if number % 3 == 0 else event)
    file = bench.write(events)
    options = ("--window", 64, "--concurrency", 64, *UNLIMITED)
    with simulated(search={"lag": 3.0}) as url:
        bench.deliver(url, file, *options, actions=[UPSERT, ADD])
        counts = state(url, "counts")
    yield Row("contacts of 8 new people", counts["contacts"], "8", counts["contacts"] == 8)
    yield Row(
        "transactions of 42 events", counts["transactions"], "42", counts["transactions"] == 42
    )
    if bench.node:
        with simulated(search={"lag": 3.0}) as url:
            bench.deliver_by_reference(url, file, actions=[UPSERT, ADD])
            yield Row("contacts made by the reference", state(url, "counts")["contacts"])


def known_contacts(bench: Bench) -> Iterator[Row]:
    """Transaction events with a contactId."""
    count = bench.count(20_000)

    def write(url: str) -> Path:
        ids = [contact["contactId"] for contact in state(url, "contacts")[DIRECTORY]]
        return bench.write(
            purchase(number, "u-1", contactId=bench.random.choice(ids)) for number in range(count)
        )

    yield from _compared(bench, count, 1000, write, goal=12)


def people_looked_up(bench: Bench) -> Iterator[Row]:
    """Transaction events without a contactId, of 1,000 people without a contact."""
    count, people = bench.count(20_000), bench.count(1000)

    def write(_: str) -> Path:
        return bench.write(
            purchase(number, f"u-{bench.random.randrange(people)}") for number in range(count)
        )

    yield from _compared(bench, count, 0, write, goal=None)


def _compared(
    bench: Bench, count: int, people: int, write: Callable[[str], Path], *, goal: float | None
) -> Iterator[Row]:
    with simulated(people) as url:
        bench.deliver(url, write(url), *UNLIMITED)
        ours = state(url, "counts")
    calls = ours["calls"] * 1000 / count
    shown_goal = f"at most {goal:g}" if goal else ""
    yield Row("calls per 1,000 events", calls, shown_goal, calls <= goal if goal else None)
    yield Row(f"transactions of {count:,}", ours["transactions"], "", ours["transactions"] == count)
    yield Row("contacts", ours["contacts"])
    if bench.node:
        with simulated(people) as url:
            bench.deliver_by_reference(url, write(url))
            theirs = state(url, "counts")
        their_calls = theirs["calls"] * 1000 / count
        yield Row("calls per 1,000 events of the reference", their_calls)
        yield Row("transactions made by the reference", theirs["transactions"])
        yield Row("contacts made by the reference", theirs["contacts"])
        yield Row("calls of the reference per call of ours", their_calls / calls)


def unprocessed(bench: Bench) -> Iterator[Row]:
    """5,000 events; Qualtrics leaves 5 % of their entries unprocessed."""
    count = 5000
    with simulated(50, transactions={"unprocessedShare": 0.05}) as url:
        file = bench.write(purchase(number, f"u-{number % 50}") for number in range(count))
        run = bench.deliver(url, file, *UNLIMITED)
        transactions = state(url, "transactions")[DIRECTORY]
    stored = {int(transaction["data"]["n"]) for transaction in transactions}
    failed = {record["line"] - 1 for record in run.failed}
    missing = set(range(count)) - stored
    yield Row("entries left unprocessed", len(missing))
    yield Row("failed, and not missing", len(failed - missing), "0", failed <= missing)
    yield Row("missing, and not failed", len(missing - failed), "0", missing <= failed)


def a_long_file(bench: Bench) -> Iterator[Row]:
    """1,000,000 events in one file."""
    count = bench.count(1_000_000)
    with simulated(1000) as url:
        file = bench.write(
            purchase(number, f"u-{bench.random.randrange(1000)}") for number in range(count)
        )
        megabytes = bench.deliver(url, file, *UNLIMITED).megabytes
        counts = state(url, "counts")
    stored = counts["transactions"]
    yield Row(f"transactions of {count:,}", stored, "", stored == count)
    yield Row("megabytes at most", megabytes, "under 120", megabytes < 120)


CASES: Sequence[Case] = (new_people, known_contacts, people_looked_up, unprocessed, a_long_file)

if __name__ == "__main__":
    sys.exit(run_cases({case.__name__: case for case in CASES}, "tests.bench.batches"))
