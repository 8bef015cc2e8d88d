"""An event loop runs everybody's code: whoever holds it up is named."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator
from time import monotonic
from types import coroutine
from typing import Any, Final, TypeVar

logger = logging.getLogger("destination_kit")
LONGEST: Final = 0.5  # seconds between two awaits
T = TypeVar("T")


def named(awaitable: Awaitable[T], name: str, *, longest: float = LONGEST) -> Awaitable[T]:
    """Return what gives the same, and warns where it runs too long without awaiting anything."""
    return _timed(awaitable, name, longest) if isinstance(awaitable, Coroutine) else awaitable


@coroutine
def _timed(running: Coroutine[Any, Any, T], name: str, longest: float) -> Generator[Any, Any, T]:
    step: Callable[[Any], Any] = running.send
    given: Any = None
    while True:
        started = monotonic()
        try:
            awaited = step(given)
        except StopIteration as stop:
            returned: T = stop.value
            return returned
        finally:
            if (seconds := monotonic() - started) > longest:
                logger.warning("%s held up the event loop for %.1f s", name, seconds)
        try:
            step, given = running.send, (yield awaited)
        except GeneratorExit:
            running.close()
            raise
        except BaseException as error:  # noqa: BLE001 - it is thrown in where it was awaited
            step, given = running.throw, error
