"""Counts the bytecodes that our code executes: a measure of work that no clock disturbs.

Counted is what lies in `destination_kit/` and `destinations/`, and whatever libraries do that are
called from there, the standard library and httpx among them. Not counted is the event loop
(`asyncio`), what it calls by itself, and what collects garbage: that depends on waits. Neither is
what is written in C, which takes time and no bytecodes.
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
class Tally:
    """Bytecodes by the function that executed them."""

    codes: dict[CodeType, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def total(self) -> int:
        """How many there were."""
        return sum(self.codes.values())

    def forget(self) -> None:
        """Count from now on: from 3.12 on, a function's first run is not seen whole."""
        sys.settrace(sys.gettrace())  # 3.12 sees that bytecodes are wanted only now
        self.codes.clear()

    def places(self) -> Counter[str]:
        """Return the bytecodes by file and name of the function."""
        found: Counter[str] = Counter()
        for code, count in self.codes.items():
            found[f"{_shown(code.co_filename)}:{code.co_name}"] += count
        return found


def steadied(module: str) -> int | None:
    """Run a module once more where sets have one order in every run; return how that ended.

    None says that this is such a process.
    """
    if os.environ.get(_SEED) == "0":
        return None
    command = (sys.executable, "-m", module, *sys.argv[1:])
    return subprocess.run(command, env={**os.environ, _SEED: "0"}, check=False).returncode


@contextmanager
def counted() -> Iterator[Tally]:
    """Count until the end of the block, in this thread; the garbage is collected before."""
    tally = Tally()
    gc.collect()
    gc.disable()
    sys.settrace(_tracer(tally.codes))
    try:
        yield tally
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


def _shown(file: str) -> str:
    """Return a file without the folders that differ from machine to machine."""
    path = Path(file)
    return str(path.relative_to(_ROOT)) if file.startswith(_OURS) else "/".join(path.parts[-2:])
