"""Harness: delivers files of events to a simulated Qualtrics, by `dkit` or by the reference.

Every count comes from the simulator over TCP (`/_sim/state`), never from a client.
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
from time import monotonic
from typing import Any, TypeAlias
from urllib.request import Request, urlopen

from destinations.qualtrics.simulator import background, load_config
from tests.conformance import oracle

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "bench"
MEGABYTE = 1024  # kilobytes, the unit of `ru_maxrss`
TOKEN = "b3nch-t0ken"
USER = "UR_000000000000001"
DIRECTORY, LIST = "POOL_bench", "CG_bench"
ENVIRONMENT = {**os.environ, "QUALTRICS_API_TOKEN": TOKEN}
UPSERT, ADD = "upsertContactTransaction", "addContactToXmd"
IMPORT = "addContactsToMailingList"
TRIGGERS = {UPSERT: 'type = "track"', ADD: 'type = "identify"', IMPORT: 'type = "identify"'}
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
    IMPORT: {
        "directoryId": DIRECTORY,
        "mailingListId": LIST,
        "embeddedData": {"@path": "$.properties"},
    },
}
REFERENCE: Mapping[str, Mapping[str, Any]] = {
    UPSERT: {
        **MAPPINGS[UPSERT],
        "extRef": {"@path": "$.userId"},
        "transactionDate": {"@path": "$.timestamp"},
    },
    ADD: {**MAPPINGS[ADD], "extRef": {"@path": "$.userId"}},
}
LIMITS = {"brand": 3000, "search": 500, "contacts": 500, "transactions": 500}  # per minute


@dataclass(frozen=True, slots=True)
class Row:
    """A measured figure, and whether it reaches its goal."""

    what: str
    figure: float
    goal: str = ""
    #: None without a goal.
    reached: bool | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run of `dkit deliver`."""

    seconds: float
    #: Seconds of processor time.
    processor: float
    #: Peak memory.
    megabytes: float
    #: Exit code.
    code: int
    #: The file of results.
    results: Path

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the records of the results file."""
        with self.results.open(encoding="utf-8") as file:
            yield from map(json.loads, file)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The records of failed events."""
        return [record for record in self.records() if record["status"] == "failed"]

    @property
    def share(self) -> float:
        """The percentage of one core that the run used."""
        return 100 * self.processor / self.seconds


@dataclass(slots=True)
class Bench:
    """The working folder of a benchmark, and the options of its cases."""

    folder: Path
    #: Share of the events that each case delivers.
    scale: float = 1.0
    #: The command that runs Node; empty without the reference.
    node: Sequence[str] = ()
    random: Random = field(default_factory=lambda: Random(6))  # noqa: S311 - the same events each time

    def count(self, count: int) -> int:
        """Return the number of events at this scale."""
        return max(1, round(count * self.scale))

    def write(self, events: Iterable[Mapping[str, Any]]) -> Path:
        """Write a file of events with unique message ids; return its path."""
        path = self.folder / "events.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number, event in enumerate(events):
                file.write(json.dumps({**event, "messageId": f"m-{number}"}) + "\n")
        return path

    def deliver(
        self, url: str, events: Path, *options: object, actions: Sequence[str] = (UPSERT,)
    ) -> Run:
        """Deliver a file with `dkit deliver`."""
        results, dead_letters = self.folder / "results.jsonl", self.folder / "dead-letters.jsonl"
        command = (
            *(sys.executable, "-m", "destination_kit.cli", "deliver", self._instance(actions)),
            *(events, "--connect-to", f"*.qualtrics.com={url}", *options),
            *(() if "--resume" in options else ("--results", results)),
            *("--dead-letters", dead_letters),
        )
        if "--resume" not in options:
            for path in (results, dead_letters):
                path.unlink(missing_ok=True)
        started = monotonic()
        run = subprocess.Popen(list(map(str, command)), env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(run.pid, 0)
        seconds, busy = monotonic() - started, usage.ru_utime + usage.ru_stime
        code = run.returncode = os.waitstatus_to_exitcode(status)
        return Run(seconds, busy, usage.ru_maxrss / MEGABYTE, code, results)

    def deliver_by_reference(
        self, url: str, events: Path, *seconds: float, actions: Sequence[str] = (UPSERT,)
    ) -> float:
        """Deliver a file with the reference; return the seconds that it took.

        If `seconds` are given, it retries failed events for that time.
        """
        path = self.folder / "subscriptions.json"
        subscriptions = [
            {"partnerAction": action, "subscribe": TRIGGERS[action], "mapping": REFERENCE[action]}
            for action in actions
        ]
        path.write_text(json.dumps(subscriptions), encoding="utf-8")
        command = (*self.node, HERE / "reference.mjs", url, events, path, *seconds)
        modules = {"BENCH_MODULES": str(CACHE / "node_modules")}
        started = monotonic()
        subprocess.run(list(map(str, command)), env={**ENVIRONMENT, **modules}, check=True)
        return monotonic() - started

    def _instance(self, actions: Sequence[str]) -> Path:
        path = self.folder / "instance.json"
        subscriptions = [
            {
                "action": action,
                "trigger": TRIGGERS[action],
                "mapping": MAPPINGS[action],
                "useDefaultMapping": True,
            }
            for action in actions
        ]
        document = {
            "destination": "actions-qualtrics",
            "settings": {"apiToken": {"$secret": "QUALTRICS_API_TOKEN"}, "datacenter": "iad1"},
            "subscriptions": subscriptions,
        }
        path.write_text(json.dumps(document), encoding="utf-8")
        return path


Case: TypeAlias = Callable[[Bench], Iterator[Row]]


def limits(scale: float) -> Sequence[str]:
    """Return the options of `dkit` for a partner whose minutes are `scale` times shorter."""
    return [f"--limit={name}={round(calls * scale)}" for name, calls in LIMITS.items()]


UNLIMITED = limits(1_000_000)


@contextmanager
def simulated(people: int = 0, **switches: object) -> Iterator[str]:
    """Run a simulated Qualtrics with `people` contacts and without deduplication; yield its URL."""
    contacts = [
        {"extRef": f"u-{number}", "email": f"u-{number}@example.com"} for number in range(people)
    ]
    directory = {"mailingLists": {LIST: {}}, "contacts": contacts}
    document = {"tokens": {TOKEN: USER}, "directories": {DIRECTORY: directory}}
    with background(load_config({**document, **switches})) as url:
        yield url


def state(url: str, part: str) -> Any:
    """Return a part of the simulator's state."""
    with urlopen(f"{url}/_sim/state?part={part}") as answer:  # noqa: S310 - our own server
        return json.load(answer)[part]


def switch(url: str, **switches: object) -> None:
    """Change the configuration of the running simulator."""
    request = Request(f"{url}/_sim/config", json.dumps(switches).encode(), method="POST")  # noqa: S310 - our own server
    urlopen(request).close()  # noqa: S310 - our own server


def purchase(number: int, user_id: str, **more: object) -> Mapping[str, Any]:
    """Return a track event of a person."""
    properties = {"n": number, "email": f"{user_id}@example.com", **more}
    timestamp = "2026-03-02T13:30:00Z"
    event = {"type": "track", "event": "Bought", "userId": user_id, "timestamp": timestamp}
    return {**event, "properties": properties}


def run_cases(cases: Mapping[str, Case], prog: str) -> int:
    """Run the cases of the command line; return 1 where one misses a goal."""
    parser = argparse.ArgumentParser(prog=f"python -m {prog}")
    parser.add_argument(
        "--quick", action="store_true", help="a twentieth of the events, without Node"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--only", choices=cases, action="append")
    arguments = parser.parse_args()
    rows_by_case: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), 0.05 if arguments.quick else 1.0)
        bench.node = () if arguments.quick else _node()
        for name in arguments.only or cases:
            print(f"\n{cases[name].__doc__}", flush=True)
            for row in cases[name](bench):
                rows_by_case.setdefault(name, []).append(row)
                print(_line(row), flush=True)
    if arguments.json:
        figures = {
            name: {row.what: row.figure for row in rows} for name, rows in rows_by_case.items()
        }
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(any(row.reached is False for rows in rows_by_case.values() for row in rows))


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
    figure = f"{row.figure:,.{0 if row.figure == int(row.figure) else 2}f}"
    return f"  {row.what:<48}{figure:>12}  {row.goal}{verdict}"
