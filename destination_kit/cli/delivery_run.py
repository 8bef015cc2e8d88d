"""One run of `dkit deliver`: its event loop, its signals, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from destination_kit.cli.documents import error_reason
from destination_kit.cli.event_loop import loop_factory, stop_on_signals
from destination_kit.delivery import Completed, Limits, MessageIdError, SourceError, deliver_lines

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
        with stop_on_signals(partial(_stop, run)):
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
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
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


def _stop(run: DeliveryRun) -> None:
    """Stop the reading, and show what is still in flight: a person may press Ctrl-C in vain."""
    run.source.stop()
    run.reporter.show(run.reporter.measure())
