"""A process that has loaded the tests, and runs them against a change in a fork of itself.

    python -m tests.mutants.server OPTIONS SOCKET…

Two kinds: a warm server has collected the tests and gives functions of the project new code, in
milliseconds. What runs at an import (constants, defaults, decorators, cases of `parametrize`) needs
a cold server, which has loaded pytest and other libraries only: its forks import the project.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final

import pytest

from tests.mutants.changed_code import ChangedSource, FunctionIndex, UnclearError

_PYTEST: Final = (
    *("-p", "no:randomly", "-p", "no:cov", "-p", "no:xdist", "-p", "no:cacheprovider"),
    # A fork shares the files of its server, so output is captured in memory.
    *("--capture=sys", "--hypothesis-seed=0", "-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
# A change may fill the memory or never end. Both would be noticed.
_MEMORY: Final = 3 << 30
_PROCESSOR_SECONDS: Final = 10
#: A fork that reports no test for so long is killed. pytest-timeout ends a waiting test earlier.
_SILENT_SECONDS: Final = 300

Request = Mapping[str, Any]
Reply = dict[str, Any]


def main(words: Sequence[str]) -> int:
    """Serve the sockets until they close."""
    options: dict[str, Any] = json.loads(words[0])
    sockets = [socket.socket(fileno=int(word)) for word in words[1:]]
    arguments = [*_PYTEST, *options["pytest"]]
    if options["warm"]:
        plugin = _WarmPlugin(sockets)
        code = pytest.main([*arguments, *options["files"]], plugins=[plugin])
        return 0 if plugin.served else int(code) or 1
    for name in options["libraries"]:
        importlib.import_module(name)
    gc.freeze()
    _serve(sockets, lambda request, report: _run_cold(arguments, request, report))
    return 0


Run = Callable[[Request, Callable[[Reply], None]], None]


def _serve(sockets: Sequence[socket.socket], run: Run) -> None:
    """Answer each socket in a process of its own."""
    workers = []
    for number, own in enumerate(sockets):
        worker = os.fork()
        if worker == 0:
            for other in sockets[:number] + sockets[number + 1 :]:
                other.close()
            _answer(own, run)
            os._exit(0)
        workers.append(worker)
    for open_socket in sockets:
        open_socket.close()
    for worker in workers:
        os.waitpid(worker, 0)


def _answer(connection: socket.socket, run: Run) -> None:
    with connection.makefile("rw", encoding="utf-8") as stream:
        stream.write("ready\n")
        stream.flush()
        for line in stream:
            stream.write(json.dumps(_judge(json.loads(line), run)) + "\n")
            stream.flush()


def _judge(request: Request, run: Run) -> Reply:
    """Run the tests of a request in a fork, and return its last report."""
    scratch = tempfile.mkdtemp(prefix="mutants-")
    reading, writing = os.pipe()
    fork = os.fork()
    if fork == 0:
        os.close(reading)
        _become_a_fork(scratch)
        try:
            run(request, lambda reply: _write(writing, reply))
        except BaseException as error:  # noqa: BLE001 - a change may raise anything, and no fork may serve
            _write(writing, {"verdict": "noticed", "by": repr(error)[:200]})
        os._exit(0)
    os.close(writing)
    try:
        lines = _read_reports(reading)
    finally:
        os.close(reading)
        _kill(fork)
        _, status = os.waitpid(fork, 0)
        shutil.rmtree(scratch, ignore_errors=True)
    last: Reply = json.loads(lines[-1]) if lines else {}
    if "verdict" in last:
        return last
    endless = os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGPROF, signal.SIGKILL}
    return {"verdict": "noticed", "by": last.get("running"), "endless": endless}


def _become_a_fork(scratch: str) -> None:
    os.setsid()
    silent = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silent, descriptor)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = scratch
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + _MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)


def _write(descriptor: int, reply: Reply) -> None:
    os.write(descriptor, (json.dumps(reply) + "\n").encode())


def _read_reports(descriptor: int) -> list[bytes]:
    """Return the lines of a fork until it has a verdict, ends, or is silent for too long.

    A process that the fork started may hold the pipe open after its end.
    """
    received = b""
    until = monotonic() + _SILENT_SECONDS
    while b'"verdict"' not in received or not received.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, until - monotonic()))
        read = os.read(descriptor, 65_536) if ready else b""
        if not read:
            break
        received += read
        until = monotonic() + _SILENT_SECONDS
    return received.splitlines()


def _kill(fork: int) -> None:
    """Kill a fork with everything that it started."""
    try:
        os.killpg(fork, signal.SIGKILL)
    except ProcessLookupError:  # it has not made its group yet
        os.kill(fork, signal.SIGKILL)


class _WarmPlugin:
    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        self._sockets = sockets
        self.served = False

    def pytest_sessionstart(self) -> None:
        _load_hypothesis_profile()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve in place of running every test."""
        if session.testsfailed:
            return True
        items = {item.nodeid: item for item in session.items}
        functions = FunctionIndex()
        gc.freeze()
        self.served = True

        def run(request: Request, report: Callable[[Reply], None]) -> None:
            if request["filename"]:
                ChangedSource(request["filename"], request["source"]).install()
                try:
                    functions.replace_code(request["filename"], request["source"])
                except (UnclearError, ValueError):
                    report({"verdict": "unclear"})
                    return
            _run_tests(session, items, request, report)

        _serve(self._sockets, run)
        return True


def _run_cold(arguments: Sequence[str], request: Request, report: Callable[[Reply], None]) -> None:
    """Import the project with a change, collect the files of the tests, and run them."""
    plugin = _ColdPlugin(request, report)
    files = dict.fromkeys(test.partition("::")[0] for test in request["tests"])
    pytest.main([*arguments, *files], plugins=[plugin])
    if not plugin.ran:
        report({"verdict": "noticed", "by": "the import"})


class _ColdPlugin:
    def __init__(self, request: Request, report: Callable[[Reply], None]) -> None:
        self._request, self._report = request, report
        self.ran = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self) -> None:
        """Put the change before the finder of pytest, which loads modules by itself."""
        if self._request["filename"]:
            ChangedSource(self._request["filename"], self._request["source"]).install()

    def pytest_sessionstart(self) -> None:
        _load_hypothesis_profile()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests of the request in their order."""
        if session.testsfailed:
            return True
        self.ran = True
        items = {item.nodeid: item for item in session.items}
        _run_tests(session, items, self._request, self._report)
        os._exit(0)


class _FirstFailure:
    def __init__(self) -> None:
        self.reply: Reply | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember the first test that fails, or is not ready, or cannot be cleaned up."""
        if report.failed and self.reply is None:
            endless = "Failed: Timeout (>" in report.longreprtext
            self.reply = {"verdict": "noticed", "by": report.nodeid, "endless": endless}


def _run_tests(
    session: pytest.Session,
    items: Mapping[str, pytest.Item],
    request: Request,
    report: Callable[[Reply], None],
) -> None:
    """Run the tests of a request until one fails."""
    chosen = [items[test] for test in request["tests"] if test in items]
    first = _FirstFailure()
    session.config.pluginmanager.register(first)
    for item, following in zip(chosen, [*chosen[1:], None], strict=True):
        report({"running": item.nodeid})
        seconds = _PROCESSOR_SECONDS + 10 * request["seconds"].get(item.nodeid, 0.0)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if first.reply:
            break
    report(first.reply or {"verdict": "survived", "ran": len(chosen)})


def _load_hypothesis_profile() -> None:
    """Keep no failing examples and look for no smaller ones: that a test fails is enough."""
    from hypothesis import Phase, settings

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", settings(), database=None, phases=phases)
    settings.load_profile("mutants")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
