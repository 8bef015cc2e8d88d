"""Benchmark of speed beside the reference from npm, and of memory.

    python -m tests.bench.speed [--quick] [--rounds N] [--seconds S] [--json FILE] [--only ROW]

Each measurement is a separate process. Both sides run in turn, in an order that alternates with
each round, against one partner on loopback. The exit code is 1 where a goal is missed. `--quick`
measures our side alone, and ends with 1 only for failures that do not depend on time: undelivered
events, a wrong number of calls, memory that is not flat.
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
    ComparisonResult,
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
    """Runs measurements round by round, and keeps every value."""

    lab: Lab
    measurements: Sequence[Measurement]
    values: dict[Measurement, list[float]] = field(default_factory=dict)

    def run(self, count: int) -> None:
        """Run a number of rounds; every second one in reverse order.

        So a machine that becomes slower affects both sides equally.
        """
        for number in range(count):
            order = self.measurements if number % 2 == 0 else self.measurements[::-1]
            for position, measurement in enumerate(order, 1):
                progress = f"round {number + 1} of {count}, {position} of {len(order)}"
                _progress(f"{progress}: {measurement.measure}")
                value = self.lab.measure(measurement)["value"]
                self.values.setdefault(measurement, []).append(value)
        _progress("")

    def results(
        self, rows: Sequence[Comparison], *, alone: bool = False
    ) -> Iterator[ComparisonResult]:
        """Yield the results of rows whose side of ours was measured; `alone` omits the other."""
        for row in rows:
            if row.ours in self.values:
                other = () if alone else self.values.get(row.other, ())
                yield ComparisonResult(row, self.values[row.ours], other)


def main() -> int:
    """Measure, print the tables and write the file; return the exit code."""
    try:
        return run(_arguments())
    except (MeasurementError, subprocess.CalledProcessError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def run(arguments: argparse.Namespace) -> int:
    """Run the measurements of the command line; return 1 where a goal is missed."""
    rows = [row for row in all_rows() if row.name in (arguments.only or row.name)]
    measures_memory = not arguments.only or "memory" in arguments.only
    with partner.background() as url, tempfile.TemporaryDirectory() as folder:
        node = () if arguments.quick else reference()
        lab = Lab(url, Path(folder), node, arguments.seconds)
        rounds = Rounds(lab, _select(rows, lab))
        rounds.run(arguments.rounds)
        results = list(rounds.results(rows, alone=arguments.quick))
        print(speed_table(results))
        memories = _memories(lab, _QUICK if arguments.quick else _MEMORY) if measures_memory else []
        print(memory_table(memories))
    _write(arguments.json, results, memories, arguments.rounds)
    missed = [memory for memory in memories if memory.who == OURS and not memory.reached]
    return int(bool(missed) or any(result.reached is False for result in results))


def _select(rows: Sequence[Comparison], lab: Lab) -> list[Measurement]:
    """Return each measurement of the rows that can run, once; the two sides of a row are adjacent."""
    measurements = dict.fromkeys(side for row in rows for side in (row.ours, row.other))
    absent = sides.missing()
    if absent and any(measurement.needs_fast for measurement in measurements):
        print(f"without the extra `fast`: {', '.join(absent)} not installed", file=sys.stderr)
    return [
        measurement
        for measurement in measurements
        if lab.can_run(measurement) and not (absent and measurement.needs_fast)
    ]


def _memories(lab: Lab, counts: Mapping[str, int]) -> list[Memory]:
    memories = []
    for who, count in counts.items():
        measurement = memory_of(who, count)
        if lab.can_run(measurement):
            _progress(f"memory of {count:,} events")
            figures = lab.measure(measurement)
            events = round(figures["all"])
            memories.append(Memory(who, events, figures["megabytes"], figures["grown"]))
    _progress("")
    return memories


def _write(
    path: Path, results: Sequence[ComparisonResult], memories: Sequence[Memory], rounds: int
) -> None:
    document: dict[str, Any] = {
        "python": platform.python_version(),
        "rounds": rounds,
        "rows": {result.row.name: result.as_json() for result in results},
        "memory": {
            memory.who: {
                "events": memory.events,
                "megabytes": memory.megabytes,
                "grown": memory.grown,
            }
            for memory in memories
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
    parser.add_argument(
        "--seconds", type=float, help="duration of each measurement, after a warm-up"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", default=CACHE / "speed.json")
    names = [*(row.name for row in all_rows()), "memory"]
    parser.add_argument("--only", choices=names, action="append", metavar="ROW")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 5)
    arguments.seconds = arguments.seconds or (0.2 if arguments.quick else 2.0)
    return arguments


if __name__ == "__main__":
    sys.exit(main())
