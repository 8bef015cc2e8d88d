"""The installs that are measured: a plain one, and one with the extra `fast`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from importlib.util import find_spec
from typing import Any, TypeVar

T = TypeVar("T")
PLAIN, FAST = "plain", "fast"
SIDES = (PLAIN, FAST)
_EXTRA = ("aiohttp", "uvloop")


def missing() -> list[str]:
    """Return which packages of the extra are not installed."""
    return [name for name in _EXTRA if find_spec(name) is None]


def settle(side: str) -> None:
    """Make this process what a plain install is, before it imports what would look for the extra."""
    if side == PLAIN:
        sys.modules.update(dict.fromkeys(_EXTRA))  # an import of them fails from now on


def run(side: str, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run on the loop of that install."""
    if side == PLAIN:
        return asyncio.run(coroutine)
    from uvloop import new_event_loop

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(coroutine)
