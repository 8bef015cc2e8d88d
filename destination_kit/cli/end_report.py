"""End report of `dkit deliver`: what became of the events, where it stands, and what can follow."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from destination_kit.cli.documents import error_reason
from destination_kit.cli.next_commands import auth_command, resume_command
from destination_kit.cli.summary import render_numbers
from destination_kit.cli.terminal import terminal_width

if TYPE_CHECKING:
    from destination_kit.cli.delivery_run import RunEnd
    from destination_kit.cli.recorder import Recorder
    from destination_kit.command_interface import Writer
    from destination_kit.delivery import LineSource


def show_end(
    arguments: Namespace, recorder: Recorder, source: LineSource, end: RunEnd, writer: Writer
) -> None:
    """Write the summary, and the next steps also where the summary cannot be written."""
    is_well = end == "complete" and not recorder.counts.events["failed"]
    try:
        if arguments.json or not (arguments.quiet and is_well):
            _write_summary(arguments, recorder, source, end, writer)
    except OSError as error:
        writer.notice(
            f"the summary cannot be written ({error_reason(error)});"
            f" the results are in {recorder.results.path}"
        )
        raise
    finally:
        counts = recorder.counts.events
        if end != "complete" or counts["parked"] or counts["incomplete"]:
            _show_next_steps(arguments, recorder, source, end, writer)


def _write_summary(
    arguments: Namespace, recorder: Recorder, source: LineSource, end: RunEnd, writer: Writer
) -> None:
    dead_letters = None if recorder.dead_letters.is_empty else recorder.dead_letters.path
    if arguments.json:
        writer.json(
            {
                **recorder.counts.as_json(),
                "failures": recorder.reasons.as_json(),
                "end": end,
                "line": source.line_number,
                "results": recorder.results.path,
                "deadLetters": dead_letters,
            }
        )
        return
    width = terminal_width(sys.stdout)
    writer.text(recorder.counts.render(width))
    if reasons := recorder.reasons.render(width):
        writer.text(f"\n{reasons}")
    count = f"{recorder.dead_letters.count:,} new"
    writer.text(f"\nresults: {recorder.results.path}")
    writer.text(f"dead letters: {f'{dead_letters} ({count})' if dead_letters else 'none'}")


def _show_next_steps(
    arguments: Namespace, recorder: Recorder, source: LineSource, end: RunEnd, writer: Writer
) -> None:
    if recorder.write_error:
        writer.error(_explain_unrecorded(recorder, recorder.write_error))
    line, max_failures = source.line_number, arguments.max_failures
    counts = recorder.counts.events
    if counts["incomplete"]:
        writer.notice("The last line of the events is incomplete, so its result is not final.")
    if end != "complete" or counts["parked"]:
        writer.notice(_END_MESSAGES[end].format(line=line, max_failures=max_failures))
    if end == "credentials":
        writer.notice(f"test them with: {auth_command(arguments)}")
    if recorder.results.is_regular:
        writer.notice(f"go on with: {resume_command(arguments, recorder.results.path)}")
    else:
        writer.notice("this run cannot be resumed: --results FILE would have let it")


def _explain_unrecorded(recorder: Recorder, error: OSError) -> str:
    """Return which file could not be written, and what was delivered without a record."""
    sentence = f"cannot write {error.filename}: {error_reason(error)}."
    if not recorder.is_synced:
        sentence += " A restart of this machine may lose records: copy the file first."
    if not recorder.delivered_unrecorded:
        return f"{sentence} Nothing was delivered without a record of it."
    numbers = render_numbers(recorder.delivered_unrecorded)
    return (
        f"{sentence} Delivered, but not recorded: {numbers}."
        " A resumed run sends these events again."
    )


_END_MESSAGES: Final[Mapping[RunEnd, str]] = {
    "complete": "Events wait until the settings or the mapping are mended.",
    "settings": "Stopped after line {line}: {max_failures} failures in a row that only mended"
    " settings or a mended mapping remove. The events are kept.",
    "credentials": "The partner refused the credentials, and line {line} was the last one read."
    " Mend the settings.",
    "stopped": "Stopped after line {line}; what was in flight has its result.",
    "unreadable": "The events cannot be read after line {line}; what was read has its result.",
    "broken off": "Ended at once after line {line}; what was in flight has no result.",
    "not recorded": "Stopped after line {line}; what was in flight is finished."
    " Make room, or mend the file.",
}
