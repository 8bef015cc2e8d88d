"""The two installs that are measured: plain, and with the extra `fast`."""

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
    """Return the packages of the extra that are not installed."""
    return [name for name in _EXTRA if find_spec(name) is None]


def hide_extra(side: str) -> None:
    """Hide the extra from this process where the side is plain. Call it before other imports."""
    if side == PLAIN:
        # An import of a module that is None in `sys.modules` fails.
        sys.modules.update(dict.fromkeys(_EXTRA))


def run(side: str, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the event loop of an install."""
    if side == PLAIN:
        return asyncio.run(coroutine)
    from uvloop import new_event_loop

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(coroutine)
