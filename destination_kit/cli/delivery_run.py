"""One run of `dkit deliver`: its event loop, its signals, and how it ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from destination_kit.cli.documents import error_reason
from destination_kit.delivery import Completed, Limits, MessageIdError, deliver_lines
from destination_kit.http import choose_transport

if TYPE_CHECKING:
    from destination_kit.cli.recorder import Recorder
    from destination_kit.definitions import Writer
    from destination_kit.delivery import LineSource
    from destination_kit.runtime import Live

#: How a run ended: at the end of the events, at rejected credentials, at `--max-failures` failures in
#: a row, at the first signal or at the second, or at a file that cannot be written. The texts are
#: part of the JSON output.
RunEnd: TypeAlias = Literal["complete", "credentials", "settings", "stopped", "broken off"]
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


async def deliver_to_end(
    open_live: Callable[[], Live],
    source: LineSource,
    limits: Limits,
    completed: Completed,
    recorder: Recorder,
) -> RunEnd:
    """Deliver the lines that are not completed; return how the run ended.

    Raises `EventMismatchError` where the events are not those of the run to resume. Where a file
    cannot be read or written, it raises an `ExceptionGroup` with the `OSError`.
    """
    try:
        with _stop_on_signals(source):
            async with open_live() as live:
                failures = await deliver_lines(live, source, limits, completed, recorder)
    except asyncio.CancelledError:
        return "broken off"
    finally:
        recorder.progress.clear()
    if recorder.counts.events["unauthorized"]:
        return "credentials"
    if failures:
        return "settings"
    return "stopped" if source.is_stopped else "complete"


def run_to_end(run: Callable[[], Coroutine[None, None, RunEnd]], writer: Writer) -> RunEnd:
    """Run in an event loop of its own; a file that cannot be written is an end, not a fault."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(run())
    except ExceptionGroup as group:
        error = group.exceptions[0]
        if not isinstance(error, OSError):
            raise error from None
        writer.error(f"cannot write down a result: {_explain(error)}")
        return "broken off"


def _explain(error: OSError) -> str:
    if isinstance(error, MessageIdError):
        return f"{error_reason(error)} (what finds duplicates; --allow-duplicates does without)"
    return error_reason(error)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
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
def _stop_on_signals(source: LineSource) -> Iterator[None]:
    """Stop the source at the first SIGINT or SIGTERM, and cancel the run at the second."""
    loop, task, signal_numbers = asyncio.get_running_loop(), asyncio.current_task(), count(1)

    def handle_signal() -> None:
        source.stop()
        if next(signal_numbers) > 1 and task:
            task.cancel()

    # Windows' event loops have no `add_signal_handler`
    # (https://docs.python.org/3/library/asyncio-platforms.html). Ctrl-C then ends the run at once,
    # and does not wait for the events in flight.
    with suppress(NotImplementedError):
        for number in _SIGNALS:
            loop.add_signal_handler(number, handle_signal)
    try:
        yield
    finally:
        with suppress(NotImplementedError):
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
