"""Detection of code that blocks the event loop, which all instances of a host share."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator
from time import monotonic
from types import coroutine
from typing import Any, Final, TypeVar

logger = logging.getLogger("destination_kit")
#: Seconds between two awaits.
LONGEST_STEP: Final = 0.5
T = TypeVar("T")


def warn_if_blocking(
    awaitable: Awaitable[T], name: str, *, longest: float = LONGEST_STEP
) -> Awaitable[T]:
    """Return an awaitable with the same result, which logs each step longer than `longest` seconds.

    A step is the time between two awaits, in which no other code of the event loop runs. The
    warning shows `name`.
    """
    return _time_steps(awaitable, name, longest) if isinstance(awaitable, Coroutine) else awaitable


# asyncio logs slow callbacks only in debug mode, and names no destination. To measure each step of
# the coroutine, the kit must drive it itself.
@coroutine
def _time_steps(
    running: Coroutine[Any, Any, T], name: str, longest: float
) -> Generator[Any, Any, T]:
    step: Callable[[Any], Any] = running.send
    value: Any = None
    while True:
        started = monotonic()
        try:
            awaited = step(value)
        except StopIteration as stop:
            returned: T = stop.value
            return returned
        finally:
            if (seconds := monotonic() - started) > longest:
                logger.warning("%s held up the event loop for %.1f s", name, seconds)
        try:
            step, value = running.send, (yield awaited)
        except GeneratorExit:
            running.close()
            raise
        except BaseException as error:  # noqa: BLE001 - the coroutine must see it, a cancellation too, at its await
            step, value = running.throw, error
