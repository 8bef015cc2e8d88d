"""One run of `dkit deliver`: its event loop, its signals, and how it ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from destination_kit.cli.documents import error_reason
from destination_kit.delivery import Completed, Limits, MessageIdError, SourceError, deliver_lines
from destination_kit.http import choose_transport

if TYPE_CHECKING:
    from destination_kit.cli.progress import ProgressReporter
    from destination_kit.cli.recorder import Recorder
    from destination_kit.command_interface import Writer
    from destination_kit.delivery import LineSource
    from destination_kit.runtime import Live

#: How a run ended: at the end of the events, at rejected credentials, at `--max-failures` failures in
#: a row, at the first signal, at the second, at events that cannot be read, or at a record that
#: cannot be written. The texts are part of the JSON output.
RunEnd: TypeAlias = Literal[
    "complete", "credentials", "settings", "stopped", "broken off", "unreadable", "not recorded"
]
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRun:
    """What a run reads, writes and shows."""

    source: LineSource
    limits: Limits
    #: What earlier runs have delivered.
    completed: Completed
    recorder: Recorder
    reporter: ProgressReporter


async def deliver_to_end(open_live: Callable[[], Live], run: DeliveryRun) -> RunEnd:
    """Deliver the lines that are not completed; return how the run ended.

    Raises `EventMismatchError` where the events are not those of the run to resume, and
    `SourceError` where they cannot be read further.
    """
    source, recorder = run.source, run.recorder
    try:
        with _stop_on_signals(run):
            async with run.reporter.running(), open_live() as live:
                failures = await deliver_lines(live, source, run.limits, run.completed, recorder)
    except asyncio.CancelledError:
        return "broken off"
    finally:
        recorder.sync()
    if recorder.write_error:
        return "not recorded"
    if recorder.counts.events["unauthorized"]:
        return "credentials"
    if failures:
        return "settings"
    return "stopped" if source.is_stopped else "complete"


def run_to_end(run: Callable[[], Coroutine[None, None, RunEnd]], writer: Writer) -> RunEnd:
    """Run in an event loop of its own; events that cannot be read are an end, not a fault."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(run())
    except SourceError as unreadable:
        writer.error(str(unreadable))
        return "unreadable"
    except ExceptionGroup as group:
        error = group.exceptions[0]
        if not isinstance(error, MessageIdError):
            raise error from None
        writer.error(
            f"cannot note which messageIds were read, to find duplicates: {error_reason(error)};"
            " make room for temporary files, or add --allow-duplicates"
        )
        return "broken off"


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
def _stop_on_signals(run: DeliveryRun) -> Iterator[None]:
    """Stop the source at the first SIGINT or SIGTERM, and cancel the run at the second.

    SIGHUP stops the source too, however often it comes.
    """
    loop, task, signal_numbers = asyncio.get_running_loop(), asyncio.current_task(), count(1)

    def handle_signal() -> None:
        _stop(run)
        if next(signal_numbers) > 1 and task:
            task.cancel()

    with _stop_on_hangup(run):
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
def _stop_on_hangup(run: DeliveryRun) -> Iterator[None]:
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
        _stop(run)

    loop.add_signal_handler(signal.SIGHUP, handle_hangup)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        if next(hangups):
            # The second one would otherwise kill the process before its summary is written.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _stop(run: DeliveryRun) -> None:
    """Stop the reading, and show what is still in flight: a person may press Ctrl-C in vain."""
    run.source.stop()
    run.reporter.show(run.reporter.measure())
