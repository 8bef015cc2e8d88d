"""Which tests run a line: a coverage run that records the test of every line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coverage import CoverageData

#: The tests that can notice a change. Those of `contracts` compare sizes and words, which a change
#: of one character does not break, or breaks for no good reason.
FOLDERS = ("tests/kit", "tests/qualtrics", "tests/laws", "tests/conformance", "tests/end_to_end")
FAST = "not (attack or broker or browser or engine)"


def record_coverage(root: Path, data_file: Path) -> None:
    """Run the tests once, and store which test runs which line."""
    options = ["--cov", "--cov-report=", "--cov-context=test", "-p", "no:randomly"]
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadfile", "-m", FAST]
    data_file.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [*command, *options, *FOLDERS],
        cwd=root,
        env={**os.environ, "COVERAGE_FILE": str(data_file)},
        check=True,
    )


@dataclass(slots=True)
class Covering:
    """The tests that run each line, as a coverage run recorded them."""

    root: Path
    #: Path of a module below the project's folder -> line -> names of the test functions.
    tests: dict[str, dict[int, frozenset[str]]] = field(default_factory=dict)
    #: Name of a test function -> how many lines it runs.
    breadth: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, root: Path, data_file: Path) -> Covering:
        """Read the data of a coverage run."""
        data = CoverageData(str(data_file))
        data.read()
        covering = cls(root)
        for name in data.measured_files():
            path = Path(name)
            if not path.is_relative_to(root):
                continue
            lines = {
                line: frozenset(_test_function(context) for context in contexts if context)
                for line, contexts in data.contexts_by_lineno(name).items()
            }
            covering.tests[path.relative_to(root).as_posix()] = lines
            covering.breadth.update(test for tests in lines.values() for test in tests)
        return covering

    def find_tests(self, path: str, line: int) -> Sequence[str]:
        """Return the tests that run a line of a module, the likeliest to notice a change first.

        Python runs the lines outside functions once, at the import. For those it returns the tests
        of the whole module.
        """
        lines = self.tests.get(path, {})
        tests = lines.get(line) or frozenset().union(*lines.values())
        stem = Path(path).stem.strip("_")

        def likelihood(test: str) -> tuple[bool, int, str]:
            return (stem not in test.partition("::")[0], self.breadth[test], test)

        return sorted(tests, key=likelihood)


def _test_function(context: str) -> str:
    """Return the test of a context such as `tests/kit/test_json.py::test_x[1]|run`."""
    return context.rpartition("|")[0].partition("[")[0]
