"""A simulated Qualtrics, and events that go there by our command or by the reference from npm.

Every count is what the simulator says of itself over TCP (`/_sim/state`), never what a client says.
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
MEGABYTE = 1024  # kilobytes, in which the system counts
TOKEN = "b3nch-t0ken"
USER = "UR_000000000000001"
DIRECTORY, LIST = "POOL_bench", "CG_bench"
ENVIRONMENT = {**os.environ, "QUALTRICS_API_TOKEN": TOKEN}
UPSERT, ADD = "upsertContactTransaction", "addContactToXmd"
TRIGGERS = {UPSERT: 'type = "track"', ADD: 'type = "identify"'}
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
LIMITS = {"brand": 3000, "search": 500, "contacts": 500, "transactions": 500}  # a minute


@dataclass(frozen=True, slots=True)
class Row:
    """A measured figure beside its goal; `reached` is None where there is none to reach."""

    what: str
    figure: float
    goal: str = ""
    reached: bool | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of our command took, how it ended, and the results that it wrote."""

    seconds: float
    processor: float
    megabytes: float
    code: int
    results: Path

    def each(self) -> Iterator[dict[str, Any]]:
        """Give the results one by one."""
        with self.results.open(encoding="utf-8") as file:
            yield from map(json.loads, file)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The results of what was not delivered."""
        return [each for each in self.each() if each["status"] == "failed"]

    @property
    def share(self) -> float:
        """The percentage of one core that was busy."""
        return 100 * self.processor / self.seconds


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
        self, url: str, events: Path, *options: object, actions: Sequence[str] = (UPSERT,)
    ) -> Run:
        """Deliver a file with our command."""
        results = self.folder / "results.jsonl"
        command = (
            *(sys.executable, "-m", "destination_kit.cli", "deliver", self._instance(actions)),
            *(events, "--connect-to", f"*.qualtrics.com={url}", *options),
            *(() if "--resume" in options else ("--results", results)),
        )
        if "--resume" not in options:
            results.unlink(missing_ok=True)
        started = monotonic()
        run = subprocess.Popen(list(map(str, command)), env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(run.pid, 0)
        seconds, busy = monotonic() - started, usage.ru_utime + usage.ru_stime
        code = run.returncode = os.waitstatus_to_exitcode(status)
        return Run(seconds, busy, usage.ru_maxrss / MEGABYTE, code, results)

    def refer(
        self, url: str, events: Path, *seconds: float, actions: Sequence[str] = (UPSERT,)
    ) -> float:
        """Deliver a file with the reference, and return the seconds that it took.

        Within `seconds`, where given, it tries again what has failed.
        """
        path = self.folder / "subscriptions.json"
        given = [
            {"partnerAction": each, "subscribe": TRIGGERS[each], "mapping": REFERENCE[each]}
            for each in actions
        ]
        path.write_text(json.dumps(given), encoding="utf-8")
        command = (*self.node, HERE / "reference.mjs", url, events, path, *seconds)
        modules = {"BENCH_MODULES": str(CACHE / "node_modules")}
        started = monotonic()
        subprocess.run(list(map(str, command)), env={**ENVIRONMENT, **modules}, check=True)
        return monotonic() - started

    def _instance(self, actions: Sequence[str]) -> Path:
        path = self.folder / "instance.json"
        subscriptions = [
            {
                "action": each,
                "trigger": TRIGGERS[each],
                "mapping": MAPPINGS[each],
                "useDefaultMapping": True,
            }
            for each in actions
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
    """Return the options for a partner whose minutes are so many times shorter."""
    return [f"--limit={name}={round(calls * scale)}" for name, calls in LIMITS.items()]


UNLIMITED = limits(1_000_000)


@contextmanager
def simulated(people: int = 0, **switches: object) -> Iterator[str]:
    """Give the address of a Qualtrics that knows so many people, and merges nobody."""
    contacts = [
        {"extRef": f"u-{number}", "email": f"u-{number}@example.com"} for number in range(people)
    ]
    directory = {"mailingLists": {LIST: {}}, "contacts": contacts}
    document = {"tokens": {TOKEN: USER}, "directories": {DIRECTORY: directory}}
    with background(load_config({**document, **switches})) as url:
        yield url


def state(url: str, part: str) -> Any:
    """Return a part of what the simulator says of itself."""
    with urlopen(f"{url}/_sim/state?part={part}") as answer:  # noqa: S310 - our own server
        return json.load(answer)[part]


def switch(url: str, **switches: object) -> None:
    """Change the simulator while it runs."""
    request = Request(f"{url}/_sim/config", json.dumps(switches).encode(), method="POST")  # noqa: S310 - our own server
    urlopen(request).close()  # noqa: S310 - our own server


def purchase(number: int, who: str, **more: object) -> Mapping[str, Any]:
    """Return a track event of a person."""
    properties = {"n": number, "email": f"{who}@example.com", **more}
    moment = "2026-03-02T13:30:00Z"
    event = {"type": "track", "event": "Bought", "userId": who, "timestamp": moment}
    return {**event, "properties": properties}


def run_cases(cases: Mapping[str, Case], prog: str) -> int:
    """Run the cases that the command line asks for; return 1 where one misses a goal."""
    parser = argparse.ArgumentParser(prog=f"python -m {prog}")
    parser.add_argument("--quick", action="store_true", help="a twentieth, and without Node")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--only", choices=cases, action="append")
    arguments = parser.parse_args()
    found: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), 0.05 if arguments.quick else 1.0)
        bench.node = () if arguments.quick else _node()
        for name in arguments.only or cases:
            print(f"\n{cases[name].__doc__}", flush=True)
            for row in cases[name](bench):
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
    figure = f"{row.figure:,.{0 if row.figure == int(row.figure) else 2}f}"
    return f"  {row.what:<48}{figure:>12}  {row.goal}{verdict}"
