"""A run from its first line to its end, with every outcome written down."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, TypeAlias

from destination_kit.cli.documents import error_reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.rendering import json_default
from destination_kit.cli.writer import ConsoleWriter
from destination_kit.delivery.outcomes import Outcome, dead_letter, result_record
from destination_kit.delivery.runner import Completed, Limits, deliver_lines, stopping

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.cli.summary import Progress, Reasons, Tally
    from destination_kit.delivery.source import Source
    from destination_kit.runtime import Live


Write: TypeAlias = "Callable[[JsonObject], None]"
OWNER_ONLY = 0o600
ANYBODY = 0o666  # less what the umask takes away
_BLOCK = 65_536


@contextmanager
def open_sink(
    path: str | None, *, mode: int = ANYBODY, keep: int | None = None, remedy: str
) -> Iterator[Write]:
    """Give the function that adds a record to a file, on the disk when it returns.

    The file is new; with `keep` it goes on after so many bytes of an old one, -1 for all its whole
    lines: what a killed run left torn is cut off.
    Without a path records go nowhere. `remedy` is what to do where a new file is there already.
    """
    if path is None:
        yield lambda _: None
        return
    try:
        descriptor = _descriptor(path, mode, keep)
    except FileExistsError:
        raise UsageError(f"{path} exists: name another file, or {remedy}") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error_reason(error)}") from None
    # Without a buffer nothing is left to be written when the disk is full and the file is closed.
    with os.fdopen(descriptor, "wb", buffering=0) as file:

        def write(record: JsonObject) -> None:
            rest = memoryview(json.dumps(record, default=json_default).encode() + b"\n")
            while rest:
                rest = rest[file.write(rest) :]

        yield write


def _descriptor(path: str, mode: int, keep: int | None) -> int:
    new = os.O_EXCL if keep is None else 0
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | new, mode)
    if keep is not None:
        os.ftruncate(descriptor, keep if keep >= 0 else _whole_lines(descriptor))
    if mode == OWNER_ONLY:
        os.fchmod(descriptor, mode)
    return descriptor


def _whole_lines(descriptor: int) -> int:
    """Return how many bytes of a file end with a line's end."""
    end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - _BLOCK)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


End: TypeAlias = Literal["complete", "credentials", "stopped", "broken off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Where outcomes are written down. `resumable` where the results are kept."""

    tally: Tally
    reasons: Reasons
    progress: Progress
    results: Write
    dead_letters: Write
    resumable: bool

    def enter(self, outcome: Outcome) -> None:
        """Write down an outcome; where the run can be resumed, some events are still to come.

        A dead letter is written before the result, which says that the line is done, or which
        subscriptions are still open.
        """
        self.tally.add(outcome)
        self.reasons.add(outcome)
        if outcome.failed and not (outcome.to_come and self.resumable):
            self.dead_letters(dead_letter(outcome))
        if outcome.begun or not outcome.to_come:
            self.results(result_record(outcome))
        self.progress.show(self.tally)

    def waits(self, code: str, count: int) -> None:
        """Show that more or fewer events wait to be sent again because of this code."""
        self.tally.waiting[code] += count
        self.progress.show(self.tally)


async def deliver(
    start: Callable[[], Live], source: Source, pace: Limits, past: Completed, books: Recorder
) -> End:
    """Deliver the lines that are not done, and return how that ended."""
    try:
        with stopping(source):
            async with start() as live:
                await deliver_lines(live, source, pace, past, books)
    except asyncio.CancelledError:
        return "broken off"
    finally:
        books.progress.clear()
    if books.tally.events["refused"]:
        return "credentials"
    return "stopped" if source.stopped else "complete"


def _quickest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where it is installed, None for Python's own.

    In a test it is Python's: what forbids a test the network sees nothing of uvloop's sockets.
    """
    if "pytest" in sys.modules or find_spec("uvloop") is None:
        return None
    from uvloop import new_event_loop

    return new_event_loop


def run_to_end(run: Coroutine[None, None, End]) -> End:
    """Run to the end; a file that cannot be written to is the end as well."""
    try:
        with asyncio.Runner(loop_factory=_quickest_loop()) as runner:
            return runner.run(run)
    except ExceptionGroup as group:
        error = group.exceptions[0]
        if not isinstance(error, OSError):
            raise error from None
        ConsoleWriter().error(f"cannot write down a result: {error_reason(error)}")
        return "broken off"
