"""Judging changes with servers that have loaded the tests: see server.py."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any, Final

_PROJECT = Path(__file__).parents[2]
#: Imported by a cold server. Each takes a while, and none imports the project.
LIBRARIES: Final = (
    *("_pytest.python", "_pytest.assertion.rewrite", "hypothesis.strategies", "httpx", "aiohttp"),
    *("jsonschema", "liquid", "starlette.applications", "uvicorn", "vcr"),
    *("opentelemetry.sdk.trace", "uvloop", "asyncio", "sqlite3", "yaml", "email.message"),
)
# Most changes are noticed by one of the likeliest tests. A cold server collects the files of these
# before those of all others.
_FIRST_TESTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A module with another source."""

    #: The module's path below the project's folder.
    path: str
    source: str
    #: Whether code runs differently when modules are imported or tests are collected.
    at_import: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a test failed."""

    noticed: bool
    #: The test that failed first, where it is known.
    by: str | None = None
    #: A test that did not end in its time, and noticed the change that way.
    endless: bool = False


class Server:
    """A process that judges changes, several at a time."""

    def __init__(self, root: Path, jobs: int, options: Mapping[str, Any]) -> None:
        pairs = [socket.socketpair() for _ in range(jobs)]
        numbers = [theirs.fileno() for _, theirs in pairs]
        words = [json.dumps(options), *map(str, numbers)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.server", *words],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(_PROJECT)},
            pass_fds=numbers,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._sockets = [ours for ours, _ in pairs]
        self._streams = [ours.makefile("rw", encoding="utf-8") for ours in self._sockets]
        self._free: SimpleQueue[Any] = SimpleQueue()
        for stream, (_, theirs) in zip(self._streams, pairs, strict=True):
            theirs.close()
            self._free.put(stream)

    def wait_until_ready(self) -> None:
        """Wait until every job can run, or raise what pytest printed."""
        for stream in self._streams:
            if stream.readline() != "ready\n":
                raise RuntimeError(self._process.communicate()[0])

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the reply to a request, from the first job that is free."""
        stream = self._free.get()
        try:
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            reply: dict[str, Any] = json.loads(stream.readline())
            return reply
        finally:
            self._free.put(stream)

    def close(self) -> None:
        """End the process."""
        for closing in (*self._streams, *self._sockets):
            closing.close()
        self._process.wait()
        self._process.stdout.close()


@dataclass(slots=True)
class FastJudge:
    """Judges changes in forks of two servers. Tests that fail without a change do not count."""

    root: Path
    warm: Server
    cold: Server
    #: Test -> seconds.
    seconds: Mapping[str, float] = field(default_factory=dict)
    #: Test -> whether it passes without a change.
    passes: dict[str, bool] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def start(
        cls,
        root: Path,
        jobs: int,
        options: Sequence[str],
        tests: Iterable[str],
        seconds: Mapping[str, float],
        libraries: Sequence[str] = LIBRARIES,
    ) -> FastJudge:
        """Load the files of these tests, and everything else that takes long."""
        files = sorted({test.partition("::")[0] for test in tests})
        cold = Server(root, jobs, {"warm": False, "pytest": [*options], "libraries": libraries})
        warm = Server(root, jobs, {"warm": True, "pytest": [*options], "files": files})
        judge = cls(root, warm, cold, seconds)
        try:
            for server in (cold, warm):
                server.wait_until_ready()
        except BaseException:
            judge.close()
            raise
        return judge

    def close(self) -> None:
        """End both servers."""
        self.warm.close()
        self.cold.close()

    def judge(self, change: Change, tests: Sequence[str]) -> Verdict:
        """Run the tests against a change, the likeliest first."""
        for part in (tests[:_FIRST_TESTS], tests[_FIRST_TESTS:]):
            verdict = self._judge(change, part)
            if verdict.noticed:
                return verdict
        return Verdict(noticed=False)

    def _judge(self, change: Change, tests: Sequence[str]) -> Verdict:
        while remaining := [test for test in tests if self.passes.get(test, True)]:
            reply = self._run(change, remaining)
            if reply["verdict"] == "survived":
                break
            test = reply["by"]
            if test not in remaining or self._passes_unchanged(test):
                return Verdict(noticed=True, by=test, endless=reply.get("endless", False))
        return Verdict(noticed=False)

    def _run(self, change: Change, tests: Sequence[str]) -> dict[str, Any]:
        seconds = {test: self.seconds[test] for test in tests if test in self.seconds}
        request = {
            "filename": str(self.root / change.path),
            "source": change.source,
            "tests": tests,
            "seconds": seconds,
        }
        if not change.at_import:
            reply = self.warm.ask(request)
            if reply["verdict"] != "unclear":
                return reply
        return self.cold.ask(request)

    def _passes_unchanged(self, test: str) -> bool:
        with self._lock:
            if test not in self.passes:
                request = {"filename": "", "tests": [test], "seconds": {}}
                self.passes[test] = self.warm.ask(request)["verdict"] == "survived"
                if not self.passes[test]:
                    print(f"{test} fails without a change, and does not count", file=sys.stderr)
            return self.passes[test]
