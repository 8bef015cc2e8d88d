"""The plain way to judge a change: a copy of the project on the disk, and a new process of pytest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import cache_from_source
from pathlib import Path

from tests.mutants.judging import Change, Verdict

# The likeliest tests come first, so most changes are noticed within the first few. All others
# follow only where these notice nothing.
_FIRST_TESTS = 60
_SECONDS = 120
_OPTIONS = (
    *("-x", "-n", "0", "-p", "no:cov", "-p", "no:randomly", "-p", "no:cacheprovider"),
    "--hypothesis-seed=0",
)


class SlowJudge:
    """Judges changes one at a time in its copy of a project."""

    def __init__(self, root: Path, copy: Path, options: Sequence[str]) -> None:
        left_out = shutil.ignore_patterns(".venv*", ".cache", ".git", "__pycache__", "*_cache")
        shutil.copytree(root, copy, ignore=left_out)
        self._copy, self._options = copy, options

    def close(self) -> None:
        """Remove the copy."""
        shutil.rmtree(self._copy)

    def judge(self, change: Change, tests: Sequence[str]) -> Verdict:
        """Write the change, run the tests, and write the old source again."""
        path = self._copy / change.path
        source = path.read_text(encoding="utf-8")
        path.write_text(change.source, encoding="utf-8")
        try:
            for part in (tests[:_FIRST_TESTS], tests[_FIRST_TESTS:]):
                # Python compares size and second of a module only, so it could run old bytecode.
                Path(cache_from_source(str(path))).unlink(missing_ok=True)
                if part and self._tests_fail(part):
                    return Verdict(noticed=True)
        finally:
            path.write_text(source, encoding="utf-8")
            Path(cache_from_source(str(path))).unlink(missing_ok=True)
        return Verdict(noticed=False)

    def _tests_fail(self, tests: Sequence[str]) -> bool:
        arguments = self._copy / ".tests"
        arguments.write_text("\n".join(tests), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", *_OPTIONS, *self._options, "@.tests"]
        try:
            done = subprocess.run(
                command,
                cwd=self._copy,
                env={**os.environ, "PYTHONPATH": str(self._copy)},
                timeout=_SECONDS,
                capture_output=True,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True
        # Any other code is a test that failed, or a module that could not be imported.
        return done.returncode != 0
