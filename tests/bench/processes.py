"""Runs each measurement in a separate process: Python for our side, Node for the reference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.bench import work
from tests.bench.comparisons import OURS, Measurement
from tests.bench.harness import CACHE, HERE
from tests.conformance import oracle

ROOT = HERE.parents[1]
_BATCH = 100


class MeasurementError(Exception):
    """An event was not delivered, or the number of calls is wrong."""


# An installed package has compiled modules, so measured processes may write bytecode.
_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
_PLAIN_DKIT = """
import sys
sys.modules.update(dict.fromkeys(["aiohttp", "uvloop", "click", "rich"]))
from destination_kit.cli import main
sys.exit(main())
"""
"""`dkit` as in a plain install, which has no click and rich; httpx imports them where it can."""


@dataclass(slots=True)
class Lab:
    """Runs measurements against one partner."""

    #: URL of the partner.
    url: str
    folder: Path
    #: The command that runs Node; empty without the reference.
    node: Sequence[str]
    #: Duration of each measurement.
    seconds: float

    def __post_init__(self) -> None:
        self._write("shared", work.shared())
        self._write("event", work.identify())
        self._write("instance", work.document(work.ADD))

    def can_run(self, measurement: Measurement) -> bool:
        """Return whether the measurement can run here."""
        return measurement.who == OURS or bool(self.node)

    def measure(self, measurement: Measurement) -> Mapping[str, float]:
        """Run a measurement; return its figures. `value` is the one to compare.

        Raises `MeasurementError` where the partner counted another number of calls than expected.
        """
        options = measurement.parsed_options()
        if measurement.measure == "start":
            return {"value": self._milliseconds(measurement)}
        if measurement.measure == "flight":
            options["url"] = self.url
        figures: dict[str, float] = json.loads(self._run(self._command(measurement, options)))
        if measurement.measure == "flight":
            check(measurement, figures)
        return figures

    def _milliseconds(self, measurement: Measurement) -> float:
        if measurement.who == OURS:
            command = [sys.executable, "-c", _PLAIN_DKIT, "preview"]
            command += [self._file("instance"), self._file("event")]
        else:
            command = self._command(measurement, measurement.parsed_options())
        self._run(command)  # warms the file cache
        started = perf_counter()
        self._run(command)
        return (perf_counter() - started) * 1000

    def _command(self, measurement: Measurement, options: Mapping[str, Any]) -> list[str]:
        timing = {"seconds": self.seconds, "warm_up": min(0.3, self.seconds)}
        options = options if measurement.measure == "start" else {**timing, **options}
        if measurement.who == OURS:
            module = (sys.executable, "-m", "tests.bench.ours")
            return [*module, measurement.measure, json.dumps(options)]
        options_json = json.dumps({**options, "shared": self._file("shared")})
        return [*self.node, str(HERE / "speed.mjs"), measurement.measure, options_json]

    def _run(self, command: Sequence[str]) -> str:
        modules = {"BENCH_MODULES": str(CACHE / "node_modules")}
        process = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **modules, **_COMPILED, "PYTHONPYCACHEPREFIX": str(CACHE / "pyc")},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return process.stdout

    def _file(self, name: str) -> str:
        return str(self.folder / f"{name}.json")

    def _write(self, name: str, document: object) -> None:
        Path(self._file(name)).write_text(json.dumps(document), encoding="utf-8")


def check(measurement: Measurement, figures: Mapping[str, float]) -> None:
    """Raise `MeasurementError` where a flight made another number of calls than expected."""
    events = figures["events"]
    batched = measurement.parsed_options().get("size", 1) > 1
    expected = events / (_BATCH if batched else 1)
    if figures["requests"] != expected or figures.get("transactions", events) != events:
        raise MeasurementError(
            f"{measurement}: {figures['requests']} requests for {events} events, not {expected}"
        )


def reference() -> Sequence[str]:
    """Install the reference; return the command that runs Node, empty where Node is missing."""
    try:
        command = oracle.node()
        oracle.install(HERE, CACHE)
    except oracle.UnavailableError as error:
        print(f"without the reference: {error}", file=sys.stderr)
        return ()
    return [command]
