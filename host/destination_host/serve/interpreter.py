"""Settings of the interpreter for a process that does nothing but serve."""

from __future__ import annotations

import gc
import sys
from typing import Final

#: Seconds after which a thread that computes lets another one compute. The writer of the queue asks
#: a dozen times per transaction, each time for as long as Python's default of 5 ms.
_SWITCH_INTERVAL: Final = 0.001
#: New objects before the garbage collector looks for cycles, and the same for older generations.
#: With Python's default of 700, it took a tenth of the time of an event, and found next to nothing.
_THRESHOLDS: Final = (10_000, 20, 50)


def tune_interpreter() -> None:
    """Let threads take turns more often, and collect garbage less often. Call it once, at the start."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    gc.freeze()  # modules and definitions stay for as long as the process
    gc.set_threshold(*_THRESHOLDS)
