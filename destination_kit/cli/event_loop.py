"""Event loop of a command: its kind, and the signals that stop a run."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from typing import Final

from destination_kit.http import choose_transport

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's event loop where aiohttp sends the requests and uvloop is installed.

    None stands for Python's own loop.
    """
    # uvloop connects in C and raises no audit event `socket.connect`. So `no_network`
    # (testing/network.py) could not refuse a connection in a test. In a pytest run the kit's plugin
    # sets `DKIT_TRANSPORT=httpx` unless it is set, and the run keeps Python's own loop.
    if choose_transport() != "aiohttp" or find_spec("uvloop") is None:
        return None
    from uvloop import new_event_loop

    return new_event_loop


@contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first SIGINT or SIGTERM, and cancel the task at the second.

    SIGHUP calls `stop` too, however often it comes.
    """
    loop, task, signal_numbers = asyncio.get_running_loop(), asyncio.current_task(), count(1)

    def handle_signal() -> None:
        stop()
        if next(signal_numbers) > 1 and task:
            task.cancel()

    with _stop_on_hangup(stop):
        # Windows' event loops have no `add_signal_handler`
        # (https://docs.python.org/3/library/asyncio-platforms.html). Ctrl-C then ends the run at
        # once, and does not wait for the events in flight.
        with suppress(NotImplementedError):
            for number in _SIGNALS:
                loop.add_signal_handler(number, handle_signal)
        try:
            yield
        finally:
            with suppress(NotImplementedError):
                for number in _SIGNALS:
                    loop.remove_signal_handler(number)


@contextmanager
def _stop_on_hangup(stop: Callable[[], None]) -> Iterator[None]:
    # `nohup` starts a program with SIGHUP ignored, so that it outlives the terminal. Windows has no
    # SIGHUP.
    if not hasattr(signal, "SIGHUP") or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        yield
        return
    loop, hangups = asyncio.get_running_loop(), count()

    def handle_hangup() -> None:
        # A terminal that closes can send it twice: the kernel and the shell both do. So it never
        # counts as the second signal, which ends a run at once.
        next(hangups)
        stop()

    loop.add_signal_handler(signal.SIGHUP, handle_hangup)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        if next(hangups):
            # The second one would otherwise kill the process before its summary is written.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
