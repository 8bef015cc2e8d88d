"""Measurements, each in a process of its own: Python for ours, Node for the reference."""

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
    """What was measured is not what it should be: no clock can be blamed for it."""


_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}  # an install has its modules compiled, and keeps them
_PLAIN_DKIT = """
import sys
sys.modules.update(dict.fromkeys(["aiohttp", "uvloop", "click", "rich"]))
from destination_kit.cli import main
sys.exit(main())
"""
"""What a plain install does: httpx imports click and rich where others have brought them."""


@dataclass(slots=True)
class Lab:
    """Where measurements run; without `node` the reference cannot be measured."""

    url: str
    folder: Path
    node: Sequence[str]
    seconds: float

    def __post_init__(self) -> None:
        self._write("shared", work.shared())
        self._write("event", work.identify())
        self._write("instance", work.document(work.ADD))

    def can(self, measurement: Measurement) -> bool:
        """Return whether this can be measured here."""
        return measurement.who == OURS or bool(self.node)

    def measure(self, measurement: Measurement) -> Mapping[str, float]:
        """Return what a measurement says; `value` is what is compared.

        Raises `MeasurementError` where the partner has not counted the calls that it should have.
        """
        given = measurement.given()
        if measurement.measure == "start":
            return {"value": self._milliseconds(measurement)}
        if measurement.measure == "flight":
            given["url"] = self.url
        said: dict[str, float] = json.loads(self._run(self._command(measurement, given)))
        if measurement.measure == "flight":
            check(measurement, said)
        return said

    def _milliseconds(self, measurement: Measurement) -> float:
        if measurement.who == OURS:
            command = [sys.executable, "-c", _PLAIN_DKIT, "preview"]
            command += [self._file("instance"), self._file("event")]
        else:
            command = self._command(measurement, measurement.given())
        self._run(command)  # from a warm cache of files
        started = perf_counter()
        self._run(command)
        return (perf_counter() - started) * 1000

    def _command(self, measurement: Measurement, given: Mapping[str, Any]) -> list[str]:
        short = {"seconds": self.seconds, "warm_up": min(0.3, self.seconds)}
        given = given if measurement.measure == "start" else {**short, **given}
        if measurement.who == OURS:
            module = (sys.executable, "-m", "tests.bench.ours")
            return [*module, measurement.measure, json.dumps(given)]
        told = json.dumps({**given, "shared": self._file("shared")})
        return [*self.node, str(HERE / "speed.mjs"), measurement.measure, told]

    def _run(self, command: Sequence[str]) -> str:
        modules = {"BENCH_MODULES": str(CACHE / "node_modules")}
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **modules, **_COMPILED, "PYTHONPYCACHEPREFIX": str(CACHE / "pyc")},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    def _file(self, name: str) -> str:
        return str(self.folder / f"{name}.json")

    def _write(self, name: str, document: object) -> None:
        Path(self._file(name)).write_text(json.dumps(document), encoding="utf-8")


def check(measurement: Measurement, said: Mapping[str, float]) -> None:
    """Refuse a flight whose events did not cost the calls that they should."""
    batched = measurement.given().get("size", 1) > 1
    expected = said["events"] / (_BATCH if batched else 1)
    if said["requests"] != expected or said.get("transactions", said["events"]) != said["events"]:
        raise MeasurementError(
            f"{measurement}: {said['requests']} requests for {said['events']} events,"
            f" not {expected}"
        )


def reference() -> Sequence[str]:
    """Return the command that runs Node, its packages installed; none where that cannot be."""
    try:
        command = oracle.node()
        oracle.install(HERE, CACHE)
    except oracle.UnavailableError as error:
        print(f"without the reference: {error}", file=sys.stderr)
        return ()
    return [command]
