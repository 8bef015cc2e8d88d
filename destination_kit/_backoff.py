"""Exponential backoff with jitter, for every pause before something is tried again."""

from __future__ import annotations

from typing import Final

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
