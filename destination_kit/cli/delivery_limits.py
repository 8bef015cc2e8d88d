"""Limits of a delivery on the command line: events in flight, times, and calls a minute."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from destination_kit._backoff import LONGEST_WAIT
from destination_kit.cli.argument_types import (
    parse_duration,
    parse_in_flight,
    parse_rate_limit,
    parse_seconds,
)
from destination_kit.cli.errors import UsageError
from destination_kit.cli.next_commands import DEFAULTS
from destination_kit.combined_rate_limits import combine_rate_limits, list_rate_limits
from destination_kit.delivery import Limits, RetryPolicy
from destination_kit.errors import did_you_mean
from destination_kit.http import Budgets

if TYPE_CHECKING:
    from destination_kit.definitions import Destination

_OPTIONS: Final[Sequence[tuple[str, str, Callable[[str], float], str]]] = (
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
)


def add_limit_options(parser: ArgumentParser) -> None:
    """Add the limits, and `--no-batch`."""
    for option, metavar, read, description in _OPTIONS:
        add_option(parser, option, metavar, read, description)
    parser.add_argument(
        "--limit",
        metavar="NAME=CALLS",
        action="append",
        type=parse_rate_limit,
        default=[],
        help="calls a minute that the partner allows you, in place of its usual limit",
    )
    parser.add_argument("--no-batch", action="store_true", help="send every event in its own call")


def add_option(
    parser: ArgumentParser,
    option: str,
    metavar: str,
    read: Callable[[str], float],
    description: str,
) -> None:
    """Add an option whose default a printed command leaves out."""
    default = DEFAULTS[option.removeprefix("--").replace("-", "_")]
    parser.add_argument(option, metavar=metavar, type=read, default=default, help=description)


def read_limits(arguments: Namespace, *, max_failures: int | None = None) -> Limits:
    """Return the limits that the arguments name."""
    return Limits(
        concurrency=arguments.concurrency,
        window=arguments.window,
        deadline=arguments.deadline,
        max_failures=Limits().max_failures if max_failures is None else max_failures,
        retry=RetryPolicy(time_limit=arguments.retry_for),
    )


def create_budgets(arguments: Namespace, destination: Destination) -> Budgets:
    """Return the rate limits with the numbers of `--limit`.

    Raises `UsageError`, with the names that exist, for the name of no limit.
    """
    names = [limit.name for limit in list_rate_limits(destination)]
    for name, _ in arguments.limit:
        if combine_rate_limits(destination) is None:
            raise UsageError(f"--limit {name}: {destination.name} has no rate limits")
        if names and name not in names:
            hint = did_you_mean(name, names)
            known = ", ".join(sorted(names))
            raise UsageError(
                f"--limit {name}: {destination.name} has no such limit{hint}; it has {known}"
            )
    # A pause that outlasts the retries would fail every event that needs the limit. Half of the time
    # leaves the other half for further attempts.
    longest_wait = min(arguments.retry_for, LONGEST_WAIT) / 2
    return Budgets(dict(arguments.limit), longest_wait=longest_wait)
