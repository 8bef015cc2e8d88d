"""The command lines that a run tells people to go on with, as they were given this time."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence

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
