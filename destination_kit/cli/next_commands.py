"""Next commands: the command lines of `dkit` that can follow a run, ready to be pasted."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from destination_kit.cli.record_files import RecordPaths, unused_record_paths
from destination_kit.delivery import Limits

_LIMITS: Final = Limits()
#: Option of `dkit deliver` -> its default.
DEFAULTS: Final[Mapping[str, object]] = {
    "window": _LIMITS.window,
    "concurrency": _LIMITS.concurrency,
    "deadline": _LIMITS.deadline,
    "retry_for": _LIMITS.retry.time_limit,
    "max_failures": _LIMITS.max_failures,
    "log_format": "text",
}
_INSTANCE_OPTIONS: Final = ("destination", "connect_to", "store")
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
    "strict",
    "log_format",
    "verbose",
    "quiet",
)


def event_paths(arguments: Namespace) -> list[str]:
    """Return the files of events; `-` stands for standard input."""
    return list(arguments.events)


def resume_command(arguments: Namespace, results: str) -> str:
    """Return the command line that resumes this run."""
    options = _given_options(arguments, _RESUME_OPTIONS)
    command = ("dkit", "deliver", arguments.instance, *event_paths(arguments), *options)
    return shlex.join((*command, "--resume", results))


def other_files_command(arguments: Namespace, paths: RecordPaths, existing: Collection[str]) -> str:
    """Return the command line of this run with other names for the record files that exist."""
    unused = unused_record_paths(event_paths(arguments))
    others = tuple(unused or ("FILE", "FILE"))
    results, dead_letters = (
        other if path in existing else path for path, other in zip(paths, others, strict=True)
    )
    names = [name for name in _RESUME_OPTIONS if name != "dead_letters"]
    options = _given_options(arguments, names)
    command = ("dkit", "deliver", arguments.instance, *event_paths(arguments), *options)
    return shlex.join((*command, "--results", results, "--dead-letters", dead_letters))


def dead_letters_command(arguments: Namespace, dead_letters: str) -> str:
    """Return the command line that sends the events of dead letters again."""
    options = _given_options(arguments, _INSTANCE_OPTIONS)
    return shlex.join(("dkit", "deliver", arguments.instance, dead_letters, *options))


def auth_command(arguments: Namespace) -> str:
    """Return the command line that tests the credentials of this instance."""
    options = _given_options(arguments, _INSTANCE_OPTIONS)
    return shlex.join(("dkit", "auth", arguments.instance, *options))


def _given_options(arguments: Namespace, names: Sequence[str]) -> Iterator[str]:
    """Yield the options that are not at their defaults, as words of a command line."""
    for name in names:
        option, value = f"--{name.replace('_', '-')}", getattr(arguments, name)
        if value is None or value is False or value == DEFAULTS.get(name):
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
