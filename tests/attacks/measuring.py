"""Runner of attempts in a child process: what an attempt answers, and what it costs.

An attempt is a function that takes an argument of JSON and returns a value of JSON. It runs in a
process of its own, so that an attempt that never ends ends alone, and its memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

#: A machine that is busy or slow takes longer than the one that a bound was measured on.
ALLOWANCE = 5
_ROOT = Path(__file__).parents[2]
# `ru_maxrss` is in bytes on macOS and in kilobytes elsewhere (getrusage(2)).
_BYTES_PER_UNIT = 1 if sys.platform == "darwin" else 1024
#: Seconds of the wall clock, after which an attempt has failed whatever its bound is.
_PATIENCE = 45


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What an attempt answered, and what it cost."""

    #: What the function returned; None where it did not end.
    answer: Any = None
    #: Seconds of processor time.
    seconds: float = float("inf")
    #: Bytes of memory above what the process had before.
    memory: int = 0
    #: What the process wrote to its standard error.
    errors: str = ""


@dataclass(slots=True)
class Meter:
    """The cost of a block of code, for an attempt that prepares something first."""

    seconds: float = 0.0
    memory: int = 0
    _before: tuple[float, int] = field(default=(0.0, 0))

    def start(self) -> None:
        """Begin to measure; what went before is not counted."""
        self._before = _usage()

    def stop(self) -> None:
        """End the measurement."""
        (seconds, memory), (seconds_before, memory_before) = _usage(), self._before
        self.seconds, self.memory = seconds - seconds_before, memory - memory_before


@contextmanager
def metered() -> Iterator[Meter]:
    """Measure a block in this process: processor time, and memory above the peak before."""
    meter = Meter()
    meter.start()
    try:
        yield meter
    finally:
        meter.stop()


def _usage() -> tuple[float, int]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _BYTES_PER_UNIT


class Runner:
    """A child process that runs attempts of one module, one after the other.

    A process that does not answer in time is killed, and the next attempt gets a new one. With
    `fresh`, each attempt gets a process of its own, as bounds of memory need: a peak never falls.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def run(
        self, function: str, argument: object = None, *, fresh: bool = False, patience: float = 0
    ) -> Measured:
        """Return what `module.function(argument)` answers and costs.

        A function that takes a second parameter gets a `Meter`, to leave out its preparations.
        """
        if fresh:
            self.close()
        process = self._process = self._process or self._start()
        stdin, stdout = process.stdin, process.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps([function, argument]).encode() + b"\n")
        stdin.flush()
        lines: list[bytes] = []
        reader = Thread(target=lambda: lines.append(stdout.readline()), daemon=True)
        reader.start()
        reader.join(patience or _PATIENCE)
        if not lines or not lines[0]:
            errors = self.close()
            reader.join()
            return Measured(errors=errors)
        answer, seconds, memory = json.loads(lines[0])
        measured = Measured(answer=answer, seconds=seconds, memory=memory)
        if fresh:
            self.close()
        return measured

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.attacks.measuring", self._module],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def close(self) -> str:
        """End the process, and return what it wrote to its standard error."""
        process, self._process = self._process, None
        if process is None:
            return ""
        process.kill()
        return process.communicate()[1].decode(errors="replace")


def measure(
    module: str, function: str, argument: object = None, *, patience: float = 0
) -> Measured:
    """Return what one attempt answers and costs, in a process of its own."""
    return Runner(module).run(function, argument, fresh=True, patience=patience)


def _serve(module: str) -> None:
    attempts = import_module(module)
    for line in sys.stdin:
        name, argument = json.loads(line)
        function: Callable[..., object] = getattr(attempts, name)
        meter = Meter()
        meter.start()
        takes_meter = function.__code__.co_argcount > 1
        answer = function(argument, meter) if takes_meter else function(argument)
        if not takes_meter:
            meter.stop()
        print(json.dumps([answer, meter.seconds, meter.memory]), flush=True)


def main(arguments: Sequence[str]) -> None:
    """Serve the attempts of the module that the arguments name."""
    _serve(arguments[0])


if __name__ == "__main__":
    main(sys.argv[1:])
