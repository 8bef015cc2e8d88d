"""`dkit deliver`: deliver events, and account for each of them."""

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
from destination_kit.cli.delivery_run import RunEnd, deliver_to_end, run_to_end
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
    WHOLE_LINES,
    Recorder,
    WriteRecord,
    open_record_file,
)
from destination_kit.cli.summary import DeliveryCounts, FailureReasons, ProgressLine
from destination_kit.delivery import (
    Completed,
    EventMismatchError,
    Limits,
    LineSource,
    MessageIdIndex,
    ResultsError,
    ResultsIndex,
    RetryPolicy,
    load_results_index,
)
from destination_kit.delivery.events import BYTE_ORDER_MARK
from destination_kit.delivery.resume import find_message_id
from destination_kit.http import Budgets, check_environment, choose_transport

if TYPE_CHECKING:
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.definitions import Writer
    from destination_kit.runtime import Instance

_LIMITS: Final = Limits()
_DEFAULTS: Final[Mapping[str, object]] = {
    "window": _LIMITS.window,
    "concurrency": _LIMITS.concurrency,
    "deadline": _LIMITS.deadline,
    "retry_for": _LIMITS.retry.time_limit,
    "max_failures": _LIMITS.max_failures,
}
_LIMIT_OPTIONS: Final[Sequence[tuple[str, str, Callable[[str], float], str]]] = (
    ("--window", "N", parse_in_flight, "events in flight, default 500"),
    (
        "--concurrency",
        "N",
        parse_in_flight,
        "events in flight that share no call with others, default 16",
    ),
    ("--deadline", "SECONDS", parse_seconds, "per attempt to send an event, default 30"),
    (
        "--retry-for",
        "TIME",
        parse_duration,
        "retry temporary failures for so long, default 4h, 0 never",
    ),
    (
        "--max-failures",
        "N",
        parse_in_flight,
        "stop after so many failures in a row that only mended settings remove, default 50",
    ),
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance, the events, the files of results, and the limits."""
    add_instance_argument(parser)
    parser.add_argument(
        "events", metavar="EVENTS", help="JSON lines, one event or dead letter each"
    )
    add_connect_to_option(parser)
    parser.add_argument(
        "--results", metavar="FILE", help="write one JSON line per event with its result"
    )
    parser.add_argument(
        "--dead-letters", metavar="FILE", help="keep failed events with their failures"
    )
    parser.add_argument(
        "--resume", metavar="RESULTS", help="resume the run that wrote these results"
    )
    parser.add_argument(
        "--retry-failed",
        action="store_true",
        help="with --resume, also send again what failed because of the event or the code",
    )
    for option, metavar, read, description in _LIMIT_OPTIONS:
        default = _DEFAULTS[option.removeprefix("--").replace("-", "_")]
        parser.add_argument(option, metavar=metavar, type=read, default=default, help=description)
    parser.add_argument(
        "--limit",
        metavar="NAME=CALLS",
        action="append",
        type=parse_rate_limit,
        default=[],
        help="calls a minute that the partner allows you, in place of its usual limit",
    )
    parser.add_argument("--no-batch", action="store_true", help="send every event in its own call")
    parser.add_argument(
        "--allow-duplicates",
        action="store_true",
        help="also send events with the messageId of an earlier line",
    )


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Deliver every event of the file, and show the summary."""
    check_single_stdin(arguments)
    instance = load_instance(arguments, load_catalog())
    open_live = partial(
        instance.open,
        connect_to=parse_connections(arguments),
        batching=not arguments.no_batch,
        budgets=Budgets(dict(arguments.limit)),
    )
    # A wrong variable of the environment, such as `DKIT_TRANSPORT`, raises here. If it raised
    # later, the record files would exist already, and the corrected command would refuse to
    # overwrite them.
    check_environment()
    choose_transport()
    results, length = _load_earlier_results(arguments, writer)
    with ExitStack() as files:
        # If the record files were opened first, a misspelt EVENTS would leave them empty. The
        # corrected command would then refuse to overwrite them.
        source = LineSource(files.enter_context(_open_events(arguments)))
        recorder = _open_recorder(arguments, instance, length, files)
        message_ids = None if arguments.allow_duplicates else files.enter_context(MessageIdIndex())
        completed = Completed(results, message_ids)
        try:
            limits = _limits(arguments)
            end = run_to_end(
                partial(deliver_to_end, open_live, source, limits, completed, recorder), writer
            )
        except EventMismatchError as error:
            raise UsageError(_explain_mismatch(error, Path(arguments.resume))) from None
    _show_summary(arguments, recorder, source, end, writer)
    return 0 if end == "complete" and not recorder.counts.events["failed"] else 1


def _limits(arguments: Namespace) -> Limits:
    return Limits(
        concurrency=arguments.concurrency,
        window=arguments.window,
        deadline=arguments.deadline,
        max_failures=arguments.max_failures,
        retry=RetryPolicy(time_limit=arguments.retry_for),
    )


def _load_earlier_results(arguments: Namespace, writer: Writer) -> tuple[ResultsIndex, int]:
    """Return the index of the results to resume, and the bytes of its whole records."""
    if arguments.resume is None:
        if arguments.retry_failed:
            raise UsageError("--retry-failed needs --resume RESULTS: the results say what failed")
        return ResultsIndex(), 0
    if arguments.results not in (None, arguments.resume):
        raise UsageError("--resume goes on in the same file: leave out --results")
    try:
        results, length = load_results_index(
            Path(arguments.resume), retry_failed=arguments.retry_failed
        )
    except OSError as error:
        raise UsageError(f"cannot read {arguments.resume}: {error_reason(error)}") from None
    except ResultsError as error:
        raise UsageError(str(error)) from None
    writer.notice(
        "1 line has a result already"
        if len(results) == 1
        else f"{len(results):,} lines have a result already"
    )
    return results, length


def _open_recorder(
    arguments: Namespace, instance: Instance, length: int, files: ExitStack
) -> Recorder:
    results, dead_letters = _record_files(arguments, length)
    return Recorder(
        counts=DeliveryCounts(instance.subscriptions),
        reasons=FailureReasons(),
        progress=ProgressLine(sys.stderr),
        write_result=files.enter_context(results),
        write_dead_letter=files.enter_context(dead_letters),
        is_resumable=_results_path(arguments) is not None,
    )


def _results_path(arguments: Namespace) -> str | None:
    path: str | None = arguments.resume or arguments.results
    return path


def _record_files(
    arguments: Namespace, length: int
) -> tuple[AbstractContextManager[WriteRecord], AbstractContextManager[WriteRecord]]:
    """Return the files of results and dead letters; a resumed run appends to both."""
    is_resumed, path = arguments.resume is not None, _results_path(arguments)
    results = open_record_file(
        path,
        keep=length if is_resumed else None,
        remedy=f"go on after it with --resume {path}",
    )
    dead_letters = open_record_file(
        arguments.dead_letters,
        mode=OWNER_ONLY,
        keep=WHOLE_LINES if is_resumed else None,
        remedy="deliver it as EVENTS to send its events again",
    )
    return results, dead_letters


# A byte order mark and blank lines can stand before the bracket of a JSON array, so its first byte
# does not show it. Behind more than 1 KB of blanks, each line of the array fails by itself.
_SAMPLE_BYTES = 1024


@contextmanager
def _open_events(arguments: Namespace) -> Iterator[int]:
    if arguments.events == "-":
        yield sys.stdin.fileno()
        return
    try:
        descriptor = os.open(arguments.events, os.O_RDONLY)
        os.read(descriptor, 0)  # `os.open` accepts a folder, and only a read raises (EISDIR)
        is_array = _starts_array(descriptor)
    except OSError as error:
        raise UsageError(f"cannot read {arguments.events}: {error_reason(error)}") from None
    with os.fdopen(descriptor, "rb"):
        if is_array:
            raise UsageError("deliver takes JSON lines; this file is a JSON array")
        yield descriptor


def _starts_array(descriptor: int) -> bool:
    try:
        start = os.pread(descriptor, _SAMPLE_BYTES, 0)
    except OSError:
        # A pipe has no positions (ESPIPE), and a plain read would take the bytes from the run.
        return False
    return start.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"[")


def _explain_mismatch(error: EventMismatchError, results: Path) -> str:
    message_id = find_message_id(results, error.line_number)
    return f"{error}, but {results} has {message_id} there: not the same events"


def _show_summary(
    arguments: Namespace, recorder: Recorder, source: LineSource, end: RunEnd, writer: Writer
) -> None:
    path = _results_path(arguments)
    if arguments.json:
        failures = recorder.reasons.as_json()
        counts = {**recorder.counts.as_json(), "failures": failures}
        writer.json({**counts, "end": end, "line": source.line_number})
    else:
        writer.text(recorder.counts.render())
        if reasons := recorder.reasons.render():
            writer.text(f"\n{reasons}" + (f"\ndetails in {path}" if path else ""))
    parked = recorder.counts.events["parked"]
    if end == "complete" and not parked:
        return
    writer.notice(_end_message(end, source.line_number, arguments.max_failures))
    if end == "credentials":
        writer.notice(f"test them with: {_auth_command(arguments)}")
    if path:
        writer.notice(f"go on with: {_resume_command(arguments, path)}")
    else:
        writer.notice("this run cannot be resumed: --results FILE would have let it")


def _end_message(end: RunEnd, line: int, max_failures: int) -> str:
    return _END_MESSAGES[end].format(line=line, max_failures=max_failures)


_END_MESSAGES: Final[Mapping[RunEnd, str]] = {
    "complete": "Events wait until the settings or the mapping are mended.",
    "settings": "Stopped after line {line}: {max_failures} failures in a row that only mended"
    " settings or a mended mapping remove. The events are kept.",
    "credentials": "The partner refused the credentials, and line {line} was the last one read."
    " Mend the settings.",
    "stopped": "Stopped after line {line}; what was in flight has its result.",
    "broken off": "Ended at once after line {line}; what was in flight has no result.",
}
_INSTANCE_OPTIONS: Final = ("destination", "connect_to")
_RESUME_OPTIONS: Final = (
    *_INSTANCE_OPTIONS,
    "dead_letters",
    "concurrency",
    "window",
    "deadline",
    "retry_for",
    "max_failures",
    "limit",
    "no_batch",
    "allow_duplicates",
)


def _resume_command(arguments: Namespace, results: str) -> str:
    """Return the command line that resumes this run."""
    options = _given_options(arguments, _RESUME_OPTIONS)
    command = ("dkit", "deliver", arguments.instance, arguments.events, *options)
    return shlex.join((*command, "--resume", results))


def _auth_command(arguments: Namespace) -> str:
    """Return the command line that tests the credentials of this instance."""
    options = _given_options(arguments, _INSTANCE_OPTIONS)
    return shlex.join(("dkit", "auth", arguments.instance, *options))


def _given_options(arguments: Namespace, names: Sequence[str]) -> Iterator[str]:
    """Yield the options that are not at their defaults, as words of a command line."""
    for name in names:
        option, value = f"--{name.replace('_', '-')}", getattr(arguments, name)
        if value is None or value is False or value == _DEFAULTS.get(name):
            continue
        if value is True:
            yield option
            continue
        for argument in value if isinstance(value, list) else [value]:
            yield option
            yield _command_word(argument)


def _command_word(value: object) -> str:
    if isinstance(value, tuple):
        return "=".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
