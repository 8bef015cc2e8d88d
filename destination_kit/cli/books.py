"""A run from its first line to its end, with every outcome written down."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, TypeAlias

from destination_kit.cli.delivery import Outcome, Pace, Past, deliver_lines, stopping
from destination_kit.cli.documents import reason
from destination_kit.cli.output import tell
from destination_kit.cli.records import dead_letter, result_record

if TYPE_CHECKING:
    from destination_kit.cli.lines import Source
    from destination_kit.cli.progress import Progress
    from destination_kit.cli.reasons import Reasons
    from destination_kit.cli.sinks import Write
    from destination_kit.cli.tally import Tally
    from destination_kit.runtime import Live

End: TypeAlias = Literal["complete", "credentials", "stopped", "broken off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
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
    start: Callable[[], Live], source: Source, pace: Pace, past: Past, books: Books
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
        tell(f"dkit: cannot write down a result: {reason(error)}")
        return "broken off"
