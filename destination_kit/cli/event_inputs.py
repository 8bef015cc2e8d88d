"""Events on the command line: their arguments, and the reader that every command uses for them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.errors import UsageError
from destination_kit.cli.writer import write_message

if TYPE_CHECKING:
    from destination_kit.cli.writer import LogFormat
    from destination_kit.delivery import (
        EventMismatchError,
        EventReview,
        LineSource,
        ResultsIndex,
    )

_STANDARD_INPUT = "-"


def add_event_arguments(parser: ArgumentParser) -> None:
    """Add the files of events, and `--strict`."""
    parser.add_argument(
        "events",
        metavar="EVENTS",
        nargs="+",
        help="files of events or dead letters: JSON lines, a JSON array, an object, a batch of"
        " Segment's HTTP API; also compressed with gzip; - is standard input",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="exit with 1 where an event has an unknown type, or none matches a subscription",
    )


def check_single_stdin(arguments: Namespace) -> None:
    """Raise `UsageError` where standard input is named twice."""
    # The first reader would use up standard input, and the second would find it empty.
    if [arguments.instance, *arguments.events].count(_STANDARD_INPUT) > 1:
        raise UsageError("only one of INSTANCE and EVENTS can be standard input")


def open_source(arguments: Namespace) -> LineSource:
    """Return the reader of all events; raise `UsageError` for a file that it cannot read."""
    # The reader imports asyncio, which takes 30 ms. At the top of the file, `--help` would take as
    # long.
    from destination_kit.delivery import LineSource, SourceError

    if _STANDARD_INPUT in arguments.events and sys.stdin is None:
        raise UsageError("standard input is closed: name a file of events")
    source = LineSource(
        *(sys.stdin.fileno() if path == _STANDARD_INPUT else path for path in arguments.events)
    )
    try:
        source.check()
    except SourceError as error:
        raise UsageError(str(error)) from None
    return source


def check_same_events(arguments: Namespace, results: ResultsIndex) -> None:
    """Raise `EventMismatchError` where the results to resume belong to other events.

    One known line shows that they belong to these, mostly the first. Without one, a line in whose
    place the results have another event shows the opposite. A pipe cannot be read twice, so that
    the run itself finds such a line there.
    """
    import asyncio

    from destination_kit.delivery import LineSource, SourceError

    source = LineSource(*(path for path in arguments.events if path != _STANDARD_INPUT))
    if not source.size:
        return  # a pipe or an empty file
    try:
        mismatch = asyncio.run(_find_mismatch(source, results))
    except SourceError:
        return  # the run reports it, after the events before that place
    if mismatch:
        raise mismatch


async def _find_mismatch(source: LineSource, results: ResultsIndex) -> EventMismatchError | None:
    """Return how the first line differs from the results, None where a line is known."""
    from destination_kit.delivery import EventMismatchError, read_delivery_request
    from destination_kit.delivery.runner import request_key

    first: EventMismatchError | None = None
    async for line in source.lines():
        is_known = results.holds(line)
        key = None if is_known else request_key(read_delivery_request(line))
        if is_known or (key and results.holds_event(key)):
            results.is_of_this_stream = True
            return None
        try:
            if first is None:
                results.check_event(line, key)
        except EventMismatchError as mismatch:
            first = mismatch
    return first


def show_warnings(review: EventReview, arguments: Namespace, source: LineSource) -> int:
    """Write the warnings about the events; return the exit code that they call for."""
    warnings = list(review.warnings())
    if source.is_exhausted and not source.lines_read:
        warnings.append(f"There is no event in {' and '.join(arguments.events)}.")
    log_format: LogFormat = getattr(arguments, "log_format", "text")
    for warning in warnings:
        write_message(warning, prefix="warning: ", log_format=log_format, level="warning")
    return 1 if warnings and arguments.strict else 0
