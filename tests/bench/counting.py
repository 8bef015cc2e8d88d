"""Counter of executed bytecodes: a measure of work that does not depend on time.

It counts the code in `destination_kit/` and `destinations/`, and the library code that they call,
such as the standard library and httpx. It does not count the event loop (`asyncio`), the callbacks
of the loop, and weak references: their number depends on waits. Code in C has no bytecodes.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_ROOT = Path(__file__).parents[2]
_SEED = "PYTHONHASHSEED"
_OURS = tuple(f"{_ROOT / name}/" for name in ("destination_kit", "destinations"))
_OTHERS = (
    f"{Path(__file__).parent}/",
    f"{Path(asyncio.__file__).parent}/",
    weakref.__file__,
    str(Path(weakref.__file__).with_name("_weakrefset.py")),
)


@dataclass(slots=True)
class OpcodeCount:
    """Executed bytecodes by function."""

    codes: dict[CodeType, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def total(self) -> int:
        """The bytecodes of all functions."""
        return sum(self.codes.values())

    def reset(self) -> None:
        """Start again from zero."""
        # Python 3.12 instruments a function for bytecodes only when tracing is set again after
        # the first run, so that this run is not complete.
        sys.settrace(sys.gettrace())
        self.codes.clear()

    def by_function(self) -> Counter[str]:
        """Return the bytecodes by file and name of the function."""
        counts: Counter[str] = Counter()
        for code, count in self.codes.items():
            counts[f"{_shorten(code.co_filename)}:{code.co_name}"] += count
        return counts


def rerun_with_fixed_hashes(module: str) -> int | None:
    """Run a module in a process with a fixed hash seed; return its exit code.

    Return None in such a process itself. The order of a set of texts, and so the number of
    bytecodes, depends on the seed.
    """
    if os.environ.get(_SEED) == "0":
        return None
    command = (sys.executable, "-m", module, *sys.argv[1:])
    return subprocess.run(command, env={**os.environ, _SEED: "0"}, check=False).returncode


@contextmanager
def count_opcodes() -> Iterator[OpcodeCount]:
    """Count the bytecodes of this thread until the end of the block."""
    opcodes = OpcodeCount()
    # A collection runs finalizers, at a time that depends on earlier allocations.
    gc.collect()
    gc.disable()
    sys.settrace(_tracer(opcodes.codes))
    try:
        yield opcodes
    finally:
        sys.settrace(None)
        gc.enable()


def _tracer(codes: dict[CodeType, int]) -> Any:
    def step(frame: FrameType, event: str, _: object) -> Any:
        if event == "opcode":
            codes[frame.f_code] += 1
        return step

    def enter(frame: FrameType, _: str, __: object) -> Any:
        if not _is_counted(frame):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return step

    return enter


def _is_counted(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    if file.startswith(_OURS):
        return True
    if file.startswith(_OTHERS):
        return False
    return frame.f_back is not None and frame.f_back.f_trace is not None


def _shorten(file: str) -> str:
    """Return a path without the folders that differ between machines."""
    path = Path(file)
    return str(path.relative_to(_ROOT)) if file.startswith(_OURS) else "/".join(path.parts[-2:])
