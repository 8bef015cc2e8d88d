"""A recording of the tests: which test runs which line, and how long each test takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from coverage import CoverageData

from tests.mutants import durations

#: The tests that can notice a change. Those of `contracts` compare sizes and words, which a change
#: of one character does not break, or breaks for no good reason. Those of `end_to_end` start
#: processes of their own, whose lines a recording does not see.
FOLDERS = ("tests/kit", "tests/qualtrics", "tests/laws", "tests/conformance")
FAST = "not (attack or broker or browser or engine or slow)"
_SOURCES = ("destination_kit", "destinations", "tests")


@dataclass(frozen=True, slots=True)
class Recording:
    """What the last runs of the tests recorded, in a folder of its own."""

    root: Path
    folder: Path

    @property
    def data_file(self) -> Path:
        """Where pytest-cov stores which test runs which line."""
        return self.folder / "coverage"

    @property
    def durations(self) -> dict[str, float]:
        """Seconds of processor time of each test, by its id."""
        return _read_json(self.folder / "durations.json")

    def update(self) -> None:
        """Run the tests that changed since the last recording, or that run a changed module."""
        recorded = _read_json(self.folder / "sources.json")
        sources = dict(self._hash_sources())
        changed = {path for path in recorded | sources if recorded.get(path) != sources.get(path)}
        if not recorded or not self.data_file.exists():
            self._record(FOLDERS, sources, ())
        elif changed:
            modules = {path for path in changed if not path.startswith("tests/")}
            tests = {*self._tests_of_modules(modules), *self._tests_beside(changed - modules)}
            self._record(sorted(tests), sources, modules)

    def _hash_sources(self) -> Iterator[tuple[str, str]]:
        for folder in _SOURCES:
            for path in (self.root / folder).rglob("*.py"):
                yield path.relative_to(self.root).as_posix(), sha256(path.read_bytes()).hexdigest()

    def _tests_of_modules(self, modules: Iterable[str]) -> Iterator[str]:
        data = CoverageData(str(self.data_file))
        data.read()
        for module in modules:
            for contexts in data.contexts_by_lineno(str(self.root / module)).values():
                yield from (context.partition("::")[0] for context in contexts if context)

    def _tests_beside(self, changed: Iterable[str]) -> Iterator[str]:
        """Yield the files of changed tests, and those below the folder of a changed fixture."""
        for name in changed:
            path = self.root / name
            found = [path] if path.name.startswith("test_") else path.parent.rglob("test_*.py")
            relative = (file.relative_to(self.root).as_posix() for file in found if file.exists())
            yield from (file for file in relative if file.startswith(FOLDERS))

    def _record(
        self, tests: Sequence[str], sources: Mapping[str, str], modules: Iterable[str]
    ) -> None:
        """Run these tests, and add what they run to what is known of all but these modules."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.data_file.exists():
            data = CoverageData(str(self.data_file))
            data.read()
            data.purge_files([str(self.root / module) for module in modules])
            data.close()
        if tests:
            self._run(tests)
        _write_json(self.folder / "sources.json", sources)

    def _run(self, tests: Sequence[str]) -> None:
        fresh = self.folder / "durations-fresh.json"
        options = ["-n", "auto", "--dist", "loadfile", "-m", FAST, "-p", "no:randomly"]
        coverage = ["--cov", "--cov-append", "--cov-report=", "--cov-context=test"]
        command = [sys.executable, "-m", "pytest", *options, *coverage]
        environment = {"COVERAGE_FILE": str(self.data_file), durations.DESTINATION: str(fresh)}
        done = subprocess.run(
            [*command, "-p", durations.__name__, *tests],
            cwd=self.root,
            env={**os.environ, **environment},
            check=False,
        )
        # A test that fails is tried again without a change before it counts, so 1 is no obstacle.
        if done.returncode > 1:
            raise subprocess.CalledProcessError(done.returncode, command)
        kept = {
            test: taken
            for test, taken in self.durations.items()
            if not test.startswith(tuple(tests))
        }
        _write_json(self.folder / "durations.json", {**kept, **_read_json(fresh)})


def _read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=0), encoding="utf-8")
