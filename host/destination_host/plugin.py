"""Plugin that adds the host's commands to `dkit`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit import Command, hookimpl

if TYPE_CHECKING:  # every program with a catalog imports this module, and argparse takes 1 ms
    from argparse import ArgumentParser, Namespace

    from destination_kit import Writer


@hookimpl
def register_commands() -> list[Command]:
    """Return `dkit serve` and `dkit queue`."""
    return [
        Command(
            name="serve",
            help="receive events over HTTP, keep them, and deliver them",
            run=_run,
            add_arguments=_add_arguments,
        ),
        Command(
            name="queue",
            help="see what the host keeps, replay it, drop it and export it",
            run=_run_queue,
            add_arguments=_add_queue_arguments,
        ),
    ]


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "config", metavar="CONFIG", nargs="?", help="configuration file, .json or .toml"
    )
    parser.add_argument("--check", action="store_true", help="check the configuration, and stop")
    parser.add_argument(
        "--starter",
        action="store_true",
        help="write a configuration to start from; CONFIG is a new file, host.json by default",
    )
    parser.add_argument(
        "--schema",
        action="store_true",
        help="write the JSON Schema of the configuration to standard output, and stop",
    )
    parser.add_argument(
        "--instance",
        metavar="FILE",
        action="append",
        default=[],
        help="with --starter: an instance file that receives the events; may be repeated",
    )
    parser.add_argument(
        "--connect-to",
        metavar="PATTERN=URL",
        action="append",
        default=[],
        help="send requests to hosts that match PATTERN to URL on this machine; may be repeated",
    )
    parser.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="how the log is written to standard error: as sentences (default), or as one JSON object a line, with a line for each final delivery",
    )
    parser.add_argument(
        "--otel",
        action="store_true",
        help="export spans and metrics by OpenTelemetry (extra `otel`), as the OTEL_ variables say",
    )


def _run(arguments: Namespace, writer: Writer) -> int:
    # `dkit --help` imports this module; the host imports uvicorn.
    from destination_host.serve.command import run

    return run(arguments, writer)


def _add_queue_arguments(parser: ArgumentParser) -> None:
    from destination_host.operations.arguments import add_arguments

    add_arguments(parser)


def _run_queue(arguments: Namespace, writer: Writer) -> int:
    # It imports the queue and an HTTP client.
    from destination_host.operations.command import run

    return run(arguments, writer)
