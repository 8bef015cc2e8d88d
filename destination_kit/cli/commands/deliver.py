"""`dkit deliver`: send events, and account for every one of them."""

from __future__ import annotations

import os
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from destination_kit.cli.argument_types import (
    parse_duration,
    parse_in_flight,
    parse_rate_limit,
    parse_seconds,
)
from destination_kit.cli.documents import error_reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import (
    add_connect_to_option,
    add_instance_argument,
    check_single_stdin,
    load_instance,
    parse_connections,
)
from destination_kit.cli.recorder import (
    OWNER_ONLY,
    End,
    Recorder,
    Write,
    deliver,
    open_sink,
    run_to_end,
)
from destination_kit.cli.summary import Progress, Reasons, Tally
from destination_kit.delivery.deduplication import Seen
from destination_kit.delivery.events import BYTE_ORDER_MARK
from destination_kit.delivery.resume import Done, ResultsError, load_done, message_id_of
from destination_kit.delivery.runner import Completed, Limits, OtherEvent
from destination_kit.delivery.source import Source
from destination_kit.http import Budgets

if TYPE_CHECKING:
    from destination_kit.cli.instances import LoadCatalog
    from destination_kit.definitions import Writer


USUAL: Mapping[str, object] = {
    "concurrency": 16,
    "window": 500,
    "deadline": 30.0,
    "retry_for": 14_400.0,
}
_INSTANCE = ("destination", "connect_to")


def deliver_again(arguments: Namespace, results: str) -> str:
    """Return the command line that goes on after a file of results."""
    options = (
        *_INSTANCE,
        *(
            "dead_letters",
            "concurrency",
            "window",
            "deadline",
            "retry_for",
            "limit",
            "no_batch",
            "allow_duplicates",
        ),
    )
    given = (arguments.instance, arguments.events, *_given(arguments, options))
    return shlex.join(("dkit", "deliver", *given, "--resume", results))


def auth_again(arguments: Namespace) -> str:
    """Return the command line that tests the credentials of the same instance."""
    return shlex.join(("dkit", "auth", arguments.instance, *_given(arguments, _INSTANCE)))


def _given(arguments: Namespace, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        value = getattr(arguments, name)
        if value is None or value is False or value == USUAL.get(name):
            continue
        if value is True:
            yield f"--{name.replace('_', '-')}"
            continue
        for each in value if isinstance(value, list) else [value]:
            yield f"--{name.replace('_', '-')}"
            yield _word(each)


def _word(value: object) -> str:
    if isinstance(value, tuple):
        return "=".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


_PEEK = 1024  # bytes


_PACE: Final[Sequence[tuple[str, str, Callable[[str], float], str]]] = (
    ("--window", "N", parse_in_flight, "events in flight, default 500"),
    (
        "--concurrency",
        "N",
        parse_in_flight,
        "those of them that share no call with others, default 16",
    ),
    ("--deadline", "SECONDS", parse_seconds, "per try of an event, default 30"),
    (
        "--retry-for",
        "TIME",
        parse_duration,
        "send again what can still succeed, default 4h, 0 never",
    ),
)


def add_arguments(parser: ArgumentParser) -> None:
    """Take an instance, events, and where the results go."""
    add_instance_argument(parser)
    parser.add_argument(
        "events", metavar="EVENTS", help="JSON lines, one event or dead letter each"
    )
    add_connect_to_option(parser)
    parser.add_argument("--results", metavar="FILE", help="write a line per event as it is final")
    parser.add_argument("--dead-letters", metavar="FILE", help="keep the events that failed")
    parser.add_argument(
        "--resume", metavar="RESULTS", help="go on where the run with these results stopped"
    )
    for option, metavar, read, told in _PACE:
        usual = USUAL[option.removeprefix("--").replace("-", "_")]
        parser.add_argument(option, metavar=metavar, type=read, default=usual, help=told)
    parser.add_argument(
        "--limit",
        metavar="NAME=CALLS",
        action="append",
        type=parse_rate_limit,
        default=[],
        help="calls a minute that the partner allows, where it is not the usual number",
    )
    parser.add_argument("--no-batch", action="store_true", help="send every event in its own call")
    parser.add_argument(
        "--allow-duplicates",
        action="store_true",
        help="send events that have the messageId of an earlier line as well",
    )


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Deliver every event of the file, and show the balance."""
    check_single_stdin(arguments)
    instance = load_instance(arguments, load_catalog())
    connections = parse_connections(arguments)
    path, done, length = _earlier(arguments, writer)
    with ExitStack() as files:
        source = Source(files.enter_context(open_events(arguments)))
        results, dead_letters = _sinks(arguments, path, length)
        books = Recorder(
            tally=Tally(instance.subscriptions),
            reasons=Reasons(),
            progress=Progress(sys.stderr),
            results=files.enter_context(results),
            dead_letters=files.enter_context(dead_letters),
            resumable=path is not None,
        )
        pace = Limits(
            concurrency=arguments.concurrency,
            window=arguments.window,
            deadline=arguments.deadline,
            retry_for=arguments.retry_for,
        )
        seen = None if arguments.allow_duplicates else files.enter_context(Seen())
        live = partial(
            instance.open,
            connect_to=connections,
            batching=not arguments.no_batch,
            budgets=Budgets(dict(arguments.limit)),
        )
        try:
            end = run_to_end(deliver(live, source, pace, Completed(done, seen), books))
        except OtherEvent as other:
            raise UsageError(_not_the_same(other, Path(arguments.resume))) from None
    _report(arguments, books, source, end, writer)
    return 0 if end == "complete" and not books.tally.events["failed"] else 1


def _earlier(arguments: Namespace, writer: Writer) -> tuple[str | None, Done, int]:
    """Return the file of results, the lines that are done in it, and how much of it is sound."""
    if arguments.resume is None:
        return arguments.results, Done(), 0
    if arguments.results not in (None, arguments.resume):
        raise UsageError("--resume goes on in the same file: leave out --results")
    try:
        done, length = load_done(Path(arguments.resume))
    except OSError as error:
        raise UsageError(f"cannot read {arguments.resume}: {error_reason(error)}") from None
    except ResultsError as error:
        raise UsageError(str(error)) from None
    writer.notice(
        "1 line has a result already"
        if len(done) == 1
        else f"{len(done):,} lines have a result already"
    )
    return arguments.resume, done, length


def _sinks(
    arguments: Namespace, path: str | None, length: int
) -> tuple[AbstractContextManager[Write], AbstractContextManager[Write]]:
    """Return the files of results and of dead letters, which a resumed run adds to."""
    again = arguments.resume is not None
    remedy = f"go on after it with --resume {path}"
    results = open_sink(path, keep=length if again else None, remedy=remedy)
    remedy = "deliver it as EVENTS to send its events again"
    letters = arguments.dead_letters
    return results, open_sink(letters, mode=OWNER_ONLY, keep=-1 if again else None, remedy=remedy)


@contextmanager
def open_events(arguments: Namespace) -> Iterator[int]:
    """Open the file of events, or take standard input for `-`."""
    if arguments.events == "-":
        yield sys.stdin.fileno()
        return
    try:
        descriptor = os.open(arguments.events, os.O_RDONLY)
        os.read(descriptor, 0)  # a folder can be opened
        array = _is_array(descriptor)
    except OSError as error:
        raise UsageError(f"cannot read {arguments.events}: {error_reason(error)}") from None
    with os.fdopen(descriptor, "rb"):
        if array:
            raise UsageError("deliver takes JSON lines; this file is a JSON array")
        yield descriptor


def _is_array(descriptor: int) -> bool:
    try:
        start = os.pread(descriptor, _PEEK, 0)
    except OSError:  # a pipe cannot be looked at beforehand
        return False
    return start.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"[")


def _not_the_same(other: OtherEvent, results: Path) -> str:
    there = message_id_of(results, other.line)
    return f"{other}, but {results} has {there} there: not the same events"


def _report(
    arguments: Namespace, books: Recorder, source: Source, end: End, writer: Writer
) -> None:
    path = arguments.resume or arguments.results
    if arguments.json:
        failures = books.reasons.as_json()
        balance = {**books.tally.as_json(), "failures": failures}
        writer.json({**balance, "end": end, "line": source.number})
    else:
        writer.text(books.tally.render())
        if why := books.reasons.render():
            writer.text(f"\n{why}" + (f"\ndetails in {path}" if path else ""))
    if end == "complete":
        return
    writer.notice(_ENDS[end].format(line=source.number))
    if end == "credentials":
        writer.notice(f"test them with: {auth_again(arguments)}")
    if path:
        writer.notice(f"go on with: {deliver_again(arguments, path)}")
    else:
        writer.notice("this run cannot be resumed: --results FILE would have let it")


_ENDS: Mapping[End, str] = {
    "credentials": "The partner refused the credentials, and line {line} was the last one read."
    " Mend the settings.",
    "stopped": "Stopped after line {line}; what was in flight has its result.",
    "broken off": "Ended at once after line {line}; what was in flight has no result.",
}
