"""`dkit deliver`: deliver events, and account for each of them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from destination_kit.cli.argument_types import parse_in_flight
from destination_kit.cli.delivery_limits import (
    add_limit_options,
    add_option,
    create_budgets,
    read_limits,
)
from destination_kit.cli.delivery_run import DeliveryRun, deliver_to_end, run_to_end
from destination_kit.cli.documents import error_reason
from destination_kit.cli.end_report import show_end
from destination_kit.cli.errors import UsageError
from destination_kit.cli.event_inputs import (
    add_event_arguments,
    check_same_events,
    check_single_stdin,
    open_source,
    show_warnings,
)
from destination_kit.cli.instances import (
    add_connect_to_option,
    add_instance_argument,
    add_store_option,
    load_instance,
    open_store,
    parse_connections,
)
from destination_kit.cli.progress import ProgressMeter, choose_reporter
from destination_kit.cli.record_files import open_record_file
from destination_kit.cli.record_options import (
    add_record_options,
    check_record_files,
    open_dead_letters,
    record_paths,
)
from destination_kit.cli.recorder import Recorder
from destination_kit.cli.summary import DeliveryCounts, FailureReasons, render_failures
from destination_kit.cli.writer import write_message
from destination_kit.delivery import (
    Completed,
    EventMismatchError,
    EventReview,
    MessageIdIndex,
    Outcome,
    ResultsError,
    ResultsIndex,
    load_results_index,
)
from destination_kit.http import choose_transport
from destination_kit.network_environment import check_environment

if TYPE_CHECKING:
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.cli.progress import ProgressReporter
    from destination_kit.command_interface import Writer
    from destination_kit.http import Budgets
    from destination_kit.runtime import Instance


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance, the events, the files of results, and the limits."""
    add_instance_argument(parser)
    add_event_arguments(parser)
    add_connect_to_option(parser)
    add_store_option(parser)
    add_record_options(parser)
    add_limit_options(parser)
    add_option(
        parser,
        "--max-failures",
        "N",
        parse_in_flight,
        "stop after so many failures in a row that only mended settings remove, default 50",
    )
    parser.add_argument(
        "--allow-duplicates",
        action="store_true",
        help="also send events with the messageId of an earlier line",
    )
    _add_output_options(parser)


def _add_output_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="write progress and messages as sentences, or as one JSON object a line",
    )
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument(
        "-v", "--verbose", action="store_true", help="write each failed event when it fails"
    )
    amount.add_argument(
        "-q", "--quiet", action="store_true", help="write nothing where every event is well"
    )


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Deliver every event of the file, and show the summary."""
    check_single_stdin(arguments)
    instance = load_instance(arguments, load_catalog())
    budgets = create_budgets(arguments, instance.destination)
    open_live = partial(
        instance.open,
        connect_to=parse_connections(arguments),
        batching=not arguments.no_batch,
        budgets=budgets,
        store=open_store(arguments),
    )
    # A wrong variable of the environment, such as `DKIT_TRANSPORT`, raises here. If it raised
    # later, the record files would exist already, and the corrected command would refuse to
    # overwrite them.
    check_environment()
    choose_transport()
    with ExitStack() as files:
        try:
            run = _prepare_run(arguments, instance, budgets, files, writer)
            end = run_to_end(partial(deliver_to_end, open_live, run), writer)
        except EventMismatchError as error:
            raise UsageError(
                f"{error}, but {arguments.resume} has {error.expected} there: not the same events"
            ) from None
    show_end(arguments, run.recorder, run.source, end, writer)
    exit_code = show_warnings(run.recorder.review, arguments, run.source)
    return exit_code if end == "complete" and not run.recorder.counts.events["failed"] else 1


def _prepare_run(
    arguments: Namespace, instance: Instance, budgets: Budgets, files: ExitStack, writer: Writer
) -> DeliveryRun:
    """Return the run of these arguments; `files` closes what it opens."""
    paths = record_paths(arguments)
    # If the record files were opened first, a misspelt EVENTS would leave them empty. The corrected
    # command would then refuse to overwrite them.
    source = open_source(arguments)
    check_record_files(arguments, paths)
    results_file = files.enter_context(
        open_record_file(paths.results, must_exist=arguments.resume is not None)
    )
    results, length = None, 0
    if arguments.resume is not None:
        results, length = _load_earlier_results(arguments)
        files.enter_context(results)
        check_same_events(arguments, results)
    dead_letters = files.enter_context(open_dead_letters(arguments, paths.dead_letters))
    if results is not None:
        # Both files and the events are checked by now. Until then nothing is changed.
        results_file.keep(length)
        _announce_earlier_results(arguments, len(results), writer)
    recorder = Recorder(
        counts=DeliveryCounts(instance.subscriptions),
        reasons=FailureReasons(),
        results=results_file,
        dead_letters=dead_letters,
        review=EventReview(instance),
        stop=source.stop,
    )
    meter = ProgressMeter(recorder.counts, source, budgets, earlier=len(results or ()))
    reporter = choose_reporter(
        meter.measure, log_format=arguments.log_format, is_quiet=arguments.quiet
    )
    if arguments.verbose:
        recorder.on_failure = _announce_failures(arguments, reporter)
    message_ids = None if arguments.allow_duplicates else files.enter_context(MessageIdIndex())
    return DeliveryRun(
        source=source,
        limits=read_limits(arguments, max_failures=arguments.max_failures),
        completed=Completed(results, message_ids),
        recorder=recorder,
        reporter=reporter,
    )


def _load_earlier_results(arguments: Namespace) -> tuple[ResultsIndex, int]:
    """Return the index of the results to resume, and the bytes of their whole records."""
    path = arguments.resume
    try:
        return load_results_index(Path(path), retry_failed=arguments.retry_failed)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error_reason(error)}") from None
    except ResultsError as error:
        raise UsageError(str(error)) from None


def _announce_earlier_results(arguments: Namespace, count: int, writer: Writer) -> None:
    if not arguments.quiet:
        writer.notice(
            "1 line has a result already"
            if count == 1
            else f"{count:,} lines have a result already"
        )


def _announce_failures(
    arguments: Namespace, reporter: ProgressReporter
) -> Callable[[Outcome], None]:
    def announce(outcome: Outcome) -> None:
        reporter.erase()
        write_message(
            render_failures(outcome),
            log_format=arguments.log_format,
            level="warning",
            details={"event": "failed", "line": outcome.line.number},
        )

    return announce
