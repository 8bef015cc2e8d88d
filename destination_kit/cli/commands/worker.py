"""`dkit worker`: attempt the events that another program writes, and answer each with a line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from destination_kit.cli.argument_types import parse_seconds
from destination_kit.cli.delivery_limits import add_limit_options, create_budgets, read_limits
from destination_kit.cli.documents import error_reason
from destination_kit.cli.errors import OutputError, UsageError
from destination_kit.cli.instances import (
    add_connect_to_option,
    add_instance_argument,
    add_store_option,
    load_instance,
    open_store,
    parse_connections,
)
from destination_kit.cli.plugin_output import plugin_output_to_stderr
from destination_kit.cli.rendering import json_default
from destination_kit.delivery import RetryPolicy
from destination_kit.delivery.worker import Worker, WorkerOptions
from destination_kit.results import SETTINGS_RETRY_AFTER

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.runtime import Live

_STANDARD_INPUT: Final = "-"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance, the limits, and what opens it."""
    add_instance_argument(parser)
    add_limit_options(parser)
    parser.add_argument(
        "--max-pause",
        metavar="SECONDS",
        type=parse_seconds,
        default=RetryPolicy().max_pause,
        help="longest pause before a further attempt, unless the partner asks for more; default 60",
    )
    parser.add_argument(
        "--settings-pause",
        metavar="SECONDS",
        type=parse_seconds,
        default=SETTINGS_RETRY_AFTER,
        help="pause before a further attempt of what waits for mended settings, default 60",
    )
    add_connect_to_option(parser)
    add_store_option(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Answer the lines of standard input until they end; return 1 where the run broke off."""
    from destination_kit.cli.event_loop import loop_factory

    if arguments.instance == _STANDARD_INPUT:
        raise UsageError("standard input has the requests: name the file of INSTANCE")
    instance = load_instance(arguments, load_catalog())
    open_live = partial(
        instance.open,
        connect_to=parse_connections(arguments),
        batching=not arguments.no_batch,
        budgets=create_budgets(arguments, instance.destination),
        store=open_store(arguments),
    )
    limits = read_limits(arguments)
    retry = replace(limits.retry, max_pause=arguments.max_pause)
    options = WorkerOptions(
        limits=replace(limits, retry=retry), settings_pause=arguments.settings_pause
    )
    with _open_pipes() as pipes, asyncio.Runner(loop_factory=loop_factory()) as runner:
        is_complete = runner.run(_serve(open_live, options, *pipes))
    if not is_complete:
        writer.error("broken off: the events without a result line may be at the partner")
    return 0 if is_complete else 1


@contextmanager
def _open_pipes() -> Iterator[tuple[int, int]]:
    """Yield the descriptors of requests and results; what plugins print goes to standard error."""
    if sys.stdin is None:
        raise UsageError("standard input is closed: write the requests to it")
    try:
        requests, results = sys.stdin.fileno(), os.dup(sys.stdout.fileno())
    except (OSError, ValueError) as error:
        raise UsageError(f"standard input and output should be pipes: {error}") from None
    try:
        # A line of a plugin among the results would be taken for one.
        with plugin_output_to_stderr():
            yield requests, results
    finally:
        os.close(results)


async def _serve(
    open_live: Callable[[], Live], options: WorkerOptions, requests: int, results: int
) -> bool:
    """Answer every request; return False where a second signal broke that off."""
    from destination_kit.cli.event_loop import stop_on_signals
    from destination_kit.cli.line_pipes import LineReader, LineWriter

    stop_event, pipe = asyncio.Event(), LineWriter(results)
    reader = LineReader(requests, stop_event)

    async def write(line: JsonObject) -> None:
        # ASCII alone: some readers of lines also end one at U+2028, which a name may have.
        await pipe.write(json.dumps(line, default=json_default).encode() + b"\n")

    try:
        with stop_on_signals(stop_event.set):
            async with open_live() as live:
                worker = Worker(live, write, options, stop_event)
                await worker.run(reader.lines())
    except asyncio.CancelledError:
        return False
    if reader.error:
        raise UsageError(f"standard input cannot be read: {error_reason(reader.error)}")
    if isinstance(worker.write_error, BrokenPipeError):
        raise worker.write_error
    if worker.write_error:
        raise OutputError(worker.write_error.errno, worker.write_error.strerror)
    return True
