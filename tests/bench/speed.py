"""How fast it is beside the reference from npm, and how much memory many events take.

    python -m tests.bench.speed [--quick] [--rounds N] [--seconds S] [--json FILE] [--only ROW]

Each measurement is a process of its own; both sides run in turn, in an order that changes with
each round, against one partner on loopback. Ends with 1 where a goal is missed. `--quick` measures
our side alone, and ends with 1 only for what no clock decides: an event that is not delivered, a
number of calls that is not right, memory that is not flat.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import partner, sides
from tests.bench.comparisons import (
    OURS,
    REFERENCE,
    Comparison,
    Found,
    Measurement,
    Memory,
    memory as memory_of,
    rows as all_rows,
)
from tests.bench.harness import CACHE
from tests.bench.processes import Lab, MeasurementError, reference
from tests.bench.tables import memory_table, speed_table

_MEMORY = {OURS: 1_000_000, REFERENCE: 20_000}
_QUICK = {OURS: 50_000}


@dataclass(slots=True)
class Rounds:
    """Measures what rows need, round by round, and keeps every value."""

    lab: Lab
    wanted: Sequence[Measurement]
    values: dict[Measurement, list[float]] = field(default_factory=dict)

    def run(self, count: int) -> None:
        """Take so many rounds; every other one goes the other way round."""
        for number in range(count):
            order = self.wanted if number % 2 == 0 else self.wanted[::-1]
            for place, each in enumerate(order, 1):
                _progress(f"round {number + 1} of {count}, {place} of {len(order)}: {each.measure}")
                self.values.setdefault(each, []).append(self.lab.measure(each)["value"])
        _progress("")

    def found(self, rows: Sequence[Comparison], *, alone: bool = False) -> Iterator[Found]:
        """Give the rows of which our side was measured, `alone` beside nothing."""
        for row in rows:
            if row.ours in self.values:
                other = () if alone else self.values.get(row.other, ())
                yield Found(row, self.values[row.ours], other)


def main() -> int:
    """Measure, print the tables, write the file, and return how it ends."""
    try:
        return run(_arguments())
    except (MeasurementError, subprocess.CalledProcessError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks for; return 1 where a goal is missed."""
    rows = [row for row in all_rows() if row.name in (arguments.only or row.name)]
    remember = not arguments.only or "memory" in arguments.only
    with partner.background() as url, tempfile.TemporaryDirectory() as folder:
        node = () if arguments.quick else reference()
        lab = Lab(url, Path(folder), node, arguments.seconds)
        rounds = Rounds(lab, _wanted(rows, lab))
        rounds.run(arguments.rounds)
        found = list(rounds.found(rows, alone=arguments.quick))
        print(speed_table(found))
        memories = _memories(lab, _QUICK if arguments.quick else _MEMORY) if remember else []
        print(memory_table(memories))
    _write(arguments.json, found, memories, arguments.rounds)
    missed = [each for each in memories if each.who == OURS and not each.reached]
    return int(bool(missed) or any(each.reached is False for each in found))


def _wanted(rows: Sequence[Comparison], lab: Lab) -> list[Measurement]:
    """Return what is to be measured and can be, each thing once, sides that belong together close."""
    both = dict.fromkeys(each for row in rows for each in (row.ours, row.other))
    absent = sides.missing()
    if absent and any(each.needs_fast for each in both):
        print(f"without the extra `fast`: {', '.join(absent)} not installed", file=sys.stderr)
    return [each for each in both if lab.can(each) and not (absent and each.needs_fast)]


def _memories(lab: Lab, counts: Mapping[str, int]) -> list[Memory]:
    found = []
    for who, count in counts.items():
        asked = memory_of(who, count)
        if lab.can(asked):
            _progress(f"memory of {count:,} events")
            said = lab.measure(asked)
            found.append(Memory(who, round(said["all"]), said["megabytes"], said["grown"]))
    _progress("")
    return found


def _write(path: Path, found: Sequence[Found], memories: Sequence[Memory], rounds: int) -> None:
    document: dict[str, Any] = {
        "python": platform.python_version(),
        "rounds": rounds,
        "rows": {each.row.name: each.as_json() for each in found},
        "memory": {
            each.who: {"events": each.events, "megabytes": each.megabytes, "grown": each.grown}
            for each in memories
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.speed")
    parser.add_argument("--quick", action="store_true", help="our side alone, in short rounds")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of each measurement, after a warm-up")
    parser.add_argument("--json", type=Path, metavar="FILE", default=CACHE / "speed.json")
    names = [*(row.name for row in all_rows()), "memory"]
    parser.add_argument("--only", choices=names, action="append", metavar="ROW")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 5)
    arguments.seconds = arguments.seconds or (0.2 if arguments.quick else 2.0)
    return arguments


if __name__ == "__main__":
    sys.exit(main())
