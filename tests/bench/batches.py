"""How many calls events cost, what becomes of them, and how much memory a long file takes.

    python -m tests.bench.batches [--quick] [--json FILE]

Every count is what the simulated Qualtrics says of itself over TCP (`/_sim/state`), never what the
client says; the reference from npm runs against the same simulator, 64 events in flight. Ends with
1 where a goal is missed. `--quick` delivers a twentieth of the long files, and does without Node.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.request import urlopen

from destinations.qualtrics.simulator import background, load_config
from tests.conformance import oracle

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "bench"
TOKEN = "b3nch-t0ken"
DIRECTORY, LIST = "POOL_bench", "CG_bench"
MEGABYTE = 1024  # kilobytes, in which the system counts
CASES: dict[str, Callable[[Bench], Iterator[Row]]] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """A measured figure beside its goal; `reached` is None where there is none to reach."""

    what: str
    figure: float
    goal: str = ""
    reached: bool | None = None


@dataclass(slots=True)
class Bench:
    """Where files go, how long they are, and whether the reference can run."""

    folder: Path
    scale: float = 1.0
    node: Sequence[str] = ()
    chance: Random = field(default_factory=lambda: Random(6))  # noqa: S311 - the same events each time

    def count(self, count: int) -> int:
        """Return how many of so many events are wanted."""
        return max(1, round(count * self.scale))

    def write(self, events: Iterable[Mapping[str, Any]]) -> Path:
        """Write a file of events, each with a message id of its own."""
        path = self.folder / "events.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number, event in enumerate(events):
                file.write(json.dumps({**event, "messageId": f"m-{number}"}) + "\n")
        return path

    def deliver(
        self, url: str, events: Path, *options: object, also: Sequence[str] = ()
    ) -> tuple[float, list[dict[str, Any]]]:
        """Deliver a file with our command; return its peak of megabytes, and its results."""
        instance, results = self.folder / "instance.json", self.folder / "results.jsonl"
        results.unlink(missing_ok=True)
        subscriptions = [{"action": each, "mapping": MAPPINGS[each]} for each in (UPSERT, *also)]
        subscriptions[0]["trigger"] = 'type = "track"'
        document = {
            "destination": "actions-qualtrics",
            "settings": {"apiToken": {"$secret": "QUALTRICS_API_TOKEN"}, "datacenter": "iad1"},
            "subscriptions": [{**each, "useDefaultMapping": True} for each in subscriptions],
        }
        instance.write_text(json.dumps(document), encoding="utf-8")
        command = (
            *(sys.executable, "-m", "destination_kit.cli", "deliver", instance, events),
            *("--connect-to", f"*.qualtrics.com={url}", "--results", results, *options),
            *(f"--limit={name}=100000000" for name in ("brand", "search", "contacts")),
            "--limit=transactions=100000000",
        )
        run = subprocess.Popen(
            list(map(str, command)), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=sys.stderr
        )
        _, _, usage = os.wait4(run.pid, 0)
        with results.open(encoding="utf-8") as file:
            failed = [each for each in map(json.loads, file) if each["status"] == "failed"]
        return usage.ru_maxrss / MEGABYTE, failed

    def refer(self, url: str, events: Path, also: Sequence[str] = ()) -> None:
        """Deliver a file with the reference."""
        path = self.folder / "subscriptions.json"
        triggers = {UPSERT: 'type = "track"', ADD: 'type = "identify"'}
        given = [
            {"partnerAction": each, "subscribe": triggers[each], "mapping": REFERENCE[each]}
            for each in (UPSERT, *also)
        ]
        path.write_text(json.dumps(given), encoding="utf-8")
        command = [*self.node, str(HERE / "batches.mjs"), url, str(events), str(path)]
        modules = {"BENCH_MODULES": str(CACHE / "node_modules")}
        subprocess.run(command, env={**ENVIRONMENT, **modules}, check=True)


UPSERT, ADD = "upsertContactTransaction", "addContactToXmd"
EMAIL = {"@path": "$.properties.email"}
MAPPINGS: Mapping[str, Mapping[str, Any]] = {
    UPSERT: {
        "directoryId": DIRECTORY,
        "mailingListId": LIST,
        "contactId": {"@path": "$.properties.contactId"},
        "email": EMAIL,
        "transactionData": {"n": {"@path": "$.properties.n"}},
    },
    ADD: {"directoryId": DIRECTORY, "email": EMAIL},
}
REFERENCE: Mapping[str, Mapping[str, Any]] = {
    UPSERT: {
        **MAPPINGS[UPSERT],
        "extRef": {"@path": "$.userId"},
        "transactionDate": {"@path": "$.timestamp"},
    },
    ADD: {**MAPPINGS[ADD], "extRef": {"@path": "$.userId"}},
}
ENVIRONMENT = {**os.environ, "QUALTRICS_API_TOKEN": TOKEN}


@contextmanager
def simulated(people: int = 0, **switches: object) -> Iterator[str]:
    """Give the address of a Qualtrics that knows so many people, and merges nobody."""
    contacts = [
        {"extRef": f"u-{number}", "email": f"u-{number}@example.com"} for number in range(people)
    ]
    directory = {"mailingLists": {LIST: {}}, "contacts": contacts}
    document = {"tokens": {TOKEN: "UR_000000000000001"}, "directories": {DIRECTORY: directory}}
    with background(load_config({**document, **switches})) as url:
        yield url


def state(url: str, part: str) -> Any:
    """Return a part of what the simulator says of itself."""
    with urlopen(f"{url}/_sim/state?part={part}") as answer:  # noqa: S310 - our own server
        return json.load(answer)[part]


def purchase(number: int, who: str, **more: object) -> Mapping[str, Any]:
    """Return a track event of a person."""
    properties = {"n": number, "email": f"{who}@example.com", **more}
    moment = "2026-03-02T13:30:00Z"
    event = {"type": "track", "event": "Bought", "userId": who, "timestamp": moment}
    return {**event, "properties": properties}


def case(run: Callable[[Bench], Iterator[Row]]) -> Callable[[Bench], Iterator[Row]]:
    """Put a function into the table of cases."""
    CASES[run.__name__] = run
    return run


@case
def new_people(bench: Bench) -> Iterator[Row]:
    """64 in flight, 8 new people, both contact actions, 3 s of search lag."""
    events = []
    for number in range(64):
        event = purchase(number, f"u-{number % 8}")
        events.append({**event, "type": "identify"} if number % 3 == 0 else event)
    file = bench.write(events)
    options = ("--window", 64, "--concurrency", 64)
    with simulated(search={"lag": 3.0}) as url:
        bench.deliver(url, file, *options, also=[ADD])
        made = state(url, "counts")
    yield Row("contacts of 8 new people", made["contacts"], "8", made["contacts"] == 8)
    yield Row("transactions of 42 events", made["transactions"], "42", made["transactions"] == 42)
    if bench.node:
        with simulated(search={"lag": 3.0}) as url:
            bench.refer(url, file, also=[ADD])
            yield Row("contacts made by the reference", state(url, "counts")["contacts"])


@case
def known_contacts(bench: Bench) -> Iterator[Row]:
    """Transaction events with a contactId."""
    count = bench.count(20_000)

    def write(url: str) -> Path:
        ids = [each["contactId"] for each in state(url, "contacts")[DIRECTORY]]
        return bench.write(
            purchase(number, "u-1", contactId=bench.chance.choice(ids)) for number in range(count)
        )

    yield from _compared(bench, count, 1000, write, most=12)


@case
def people_looked_up(bench: Bench) -> Iterator[Row]:
    """Transaction events without a contactId, of 1,000 people whom nobody knows."""
    count, people = bench.count(20_000), bench.count(1000)

    def write(_: str) -> Path:
        return bench.write(
            purchase(number, f"u-{bench.chance.randrange(people)}") for number in range(count)
        )

    yield from _compared(bench, count, 0, write, most=None)


def _compared(
    bench: Bench, count: int, people: int, write: Callable[[str], Path], *, most: float | None
) -> Iterator[Row]:
    with simulated(people) as url:
        bench.deliver(url, write(url))
        made = state(url, "counts")
    calls = made["calls"] * 1000 / count
    goal = f"at most {most:g}" if most else ""
    yield Row("calls per 1,000 events", calls, goal, calls <= most if most else None)
    yield Row(f"transactions of {count:,}", made["transactions"], "", made["transactions"] == count)
    yield Row("contacts", made["contacts"])
    if bench.node:
        with simulated(people) as url:
            bench.refer(url, write(url))
            made = state(url, "counts")
        theirs = made["calls"] * 1000 / count
        yield Row("calls per 1,000 events of the reference", theirs)
        yield Row("transactions made by the reference", made["transactions"])
        yield Row("contacts made by the reference", made["contacts"])
        yield Row("calls of the reference to one of ours", theirs / calls)


@case
def unprocessed(bench: Bench) -> Iterator[Row]:
    """5,000 events, 5 % of whose entries Qualtrics leaves unprocessed."""
    count = 5000
    with simulated(50, transactions={"unprocessedShare": 0.05}) as url:
        file = bench.write(purchase(number, f"u-{number % 50}") for number in range(count))
        _, results = bench.deliver(url, file)
        stored = {int(each["data"]["n"]) for each in state(url, "transactions")[DIRECTORY]}
    failed = {each["line"] - 1 for each in results}
    missing = set(range(count)) - stored
    yield Row("entries left unprocessed", len(missing))
    yield Row("failed, and not missing", len(failed - missing), "0", failed <= missing)
    yield Row("missing, and not failed", len(missing - failed), "0", missing <= failed)


@case
def a_long_file(bench: Bench) -> Iterator[Row]:
    """1,000,000 events in one file."""
    count = bench.count(1_000_000)
    with simulated(1000) as url:
        file = bench.write(
            purchase(number, f"u-{bench.chance.randrange(1000)}") for number in range(count)
        )
        megabytes, _ = bench.deliver(url, file)
        made = state(url, "counts")
    yield Row(f"transactions of {count:,}", made["transactions"], "", made["transactions"] == count)
    yield Row("megabytes at most", megabytes, "under 120", megabytes < 120)


def main() -> int:
    """Run every case, print the table, and return 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.batches")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--only", choices=CASES, action="append")
    arguments = parser.parse_args()
    found: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), 0.05 if arguments.quick else 1.0)
        bench.node = () if arguments.quick else _node()
        for name in arguments.only or CASES:
            print(f"\n{CASES[name].__doc__}")
            for row in CASES[name](bench):
                found.setdefault(name, []).append(row)
                print(_line(row), flush=True)
    if arguments.json:
        shown = {name: {row.what: row.figure for row in rows} for name, rows in found.items()}
        arguments.json.write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")
    return int(any(row.reached is False for rows in found.values() for row in rows))


def _node() -> Sequence[str]:
    try:
        command = oracle.node()
        oracle.install(HERE, CACHE)
    except oracle.UnavailableError as error:
        print(f"without the reference: {error}")
        return ()
    return [command]


def _line(row: Row) -> str:
    verdict = {None: "", True: "  reached", False: "  MISSED"}[row.reached]
    figure = f"{row.figure:,.0f}" if row.figure == int(row.figure) else f"{row.figure:,.1f}"
    return f"  {row.what:<44}{figure:>12}  {row.goal}{verdict}"


if __name__ == "__main__":
    sys.exit(main())
