"""Exponential backoff with jitter, for every pause before something is tried again."""

from __future__ import annotations

import math
from typing import Any, Final

#: Seconds of the longest wait that a partner or an author can ask for: as long as `dkit deliver`
#: retries by default. A longer one would fail events that the partner may take in a minute.
LONGEST_WAIT: Final = 14_400.0
# `2.0 ** 1024` raises OverflowError, and a partner may refuse as often. Ten doublings of 1 s make
# 17 minutes, far above the default `longest` of 60 s.
_MAX_DOUBLINGS: Final = 10


def exponential_backoff(doublings: int, *, first: float, longest: float, jitter: float) -> float:
    """Return `first` seconds, doubled so many times, up to `longest` seconds.

    `jitter` is a random number from 0 to 1. It takes away up to half of the pause, so that callers
    who failed together do not return together.
    """
    pause = min(longest, first * 2.0 ** min(doublings, _MAX_DOUBLINGS))
    return pause * (1 + jitter) / 2


def to_wait(value: Any) -> float | None:
    """Return a wait in seconds that any scheduler can take; None for what is no wait.

    No wait are texts and booleans, what is not a number, and negative numbers. A wait above
    `LONGEST_WAIT` is cut down to it.
    """
    if isinstance(value, bool | str | bytes) or not hasattr(value, "__float__"):
        return None
    try:
        # Also for a `Decimal`, a `Fraction` and the numbers of numpy.
        seconds = float(value)
    except OverflowError:  # an int or Decimal beyond every float
        seconds = math.inf if value > 0 else -math.inf
    except Exception:  # noqa: BLE001 - the value is an author's, and its error is shown without it
        return None
    return min(seconds, LONGEST_WAIT) if seconds >= 0 else None
