"""`dkit deliver`: send events, and account for every one of them."""

from __future__ import annotations

import math
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from destination_kit.cli.books import Books, End, deliver, run_to_end
from destination_kit.cli.delivery import Pace
from destination_kit.cli.documents import reason
from destination_kit.cli.instances import (
    add_connections,
    add_instance,
    load_instance,
    read_connections,
    refuse_two_inputs,
)
from destination_kit.cli.lines import Source
from destination_kit.cli.misuse import Misuse
from destination_kit.cli.output import show, show_json, tell
from destination_kit.cli.progress import Progress
from destination_kit.cli.records import LineNumbers, load_done
from destination_kit.cli.sinks import OWNER_ONLY, open_sink
from destination_kit.cli.tally import Tally

if TYPE_CHECKING:
    from destination_kit.cli.catalogs import LoadCatalog

_MOST_IN_FLIGHT = 1000


def add_arguments(parser: ArgumentParser) -> None:
    """Take an instance, events, and where the results go."""
    add_instance(parser)
    parser.add_argument("events", metavar="EVENTS", help="file of JSON lines, one event each")
    add_connections(parser)
    parser.add_argument("--results", metavar="FILE", help="write a line per event as it is final")
    parser.add_argument("--dead-letters", metavar="FILE", help="keep the events that failed")
    parser.add_argument(
        "--resume", metavar="RESULTS", help="go on where the run with these results stopped"
    )
    parser.add_argument(
        "--concurrency",
        metavar="N",
        type=_concurrency,
        default=16,
        help="events in flight, default 16",
    )
    parser.add_argument(
        "--deadline", metavar="SECONDS", type=_seconds, default=30.0, help="per event, default 30"
    )


def _concurrency(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= _MOST_IN_FLIGHT:
        return int(text)
    raise ArgumentTypeError(f"should be a number from 1 to {_MOST_IN_FLIGHT}")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if seconds > 0 and math.isfinite(seconds):
        return seconds
    raise ArgumentTypeError("should be a number of seconds above 0")


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Deliver every event of the file, and show the balance."""
    refuse_two_inputs(arguments)
    instance = load_instance(arguments, load_catalog())
    connections = read_connections(arguments)
    path, done, length = _earlier(arguments)
    again = arguments.resume is not None
    with ExitStack() as files:
        source = Source(files.enter_context(open_events(arguments)))
        results = open_sink(path, keep=length if again else None)
        dead_letters = open_sink(
            arguments.dead_letters, mode=OWNER_ONLY, keep=-1 if again else None
        )
        books = Books(
            tally=Tally(instance.subscriptions),
            progress=Progress(sys.stderr),
            results=files.enter_context(results),
            dead_letters=files.enter_context(dead_letters),
            resumable=path is not None,
        )
        pace = Pace(concurrency=arguments.concurrency, deadline=arguments.deadline)
        live = partial(instance.open, connect_to=connections)
        end = run_to_end(deliver(live, source, pace, done, books))
    _report(arguments, books.tally, source, end)
    return 0 if end == "complete" and not books.tally.events["failed"] else 1


def _earlier(arguments: Namespace) -> tuple[str | None, LineNumbers, int]:
    """Return the file of results, the lines that are done in it, and how much of it is sound."""
    if arguments.resume is None:
        return arguments.results, LineNumbers(), 0
    if arguments.results not in (None, arguments.resume):
        raise Misuse("--resume goes on in the same file: leave out --results")
    try:
        done, length = load_done(Path(arguments.resume))
    except OSError as error:
        raise Misuse(f"cannot read {arguments.resume}: {reason(error)}") from None
    tell(
        "1 line has a result already"
        if len(done) == 1
        else f"{len(done):,} lines have a result already"
    )
    return arguments.resume, done, length


@contextmanager
def open_events(arguments: Namespace) -> Iterator[int]:
    """Open the file of events, or take standard input for `-`."""
    if arguments.events == "-":
        yield sys.stdin.fileno()
        return
    try:
        descriptor = os.open(arguments.events, os.O_RDONLY)
        os.read(descriptor, 0)  # a folder can be opened
    except OSError as error:
        raise Misuse(f"cannot read {arguments.events}: {reason(error)}") from None
    with os.fdopen(descriptor, "rb"):
        yield descriptor


def _report(arguments: Namespace, tally: Tally, source: Source, end: End) -> None:
    if arguments.json:
        show_json({**tally.as_json(), "end": end, "line": source.number})
    else:
        show(tally.render())
    if end == "complete":
        return
    tell(_ENDS[end].format(line=source.number, instance=arguments.instance))
    if path := arguments.resume or arguments.results:
        tell(f"go on with: dkit deliver {arguments.instance} {arguments.events} --resume {path}")
    else:
        tell("this run cannot be resumed: --results FILE would have let it")


_ENDS: Mapping[End, str] = {
    "credentials": "The partner refused the credentials, and line {line} was the last one read."
    " Mend the settings, and test them with: dkit auth {instance}",
    "stopped": "Stopped after line {line}; what was in flight has its result.",
    "broken off": "Ended at once after line {line}; what was in flight has no result.",
}
