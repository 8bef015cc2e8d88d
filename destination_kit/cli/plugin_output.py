"""Output of plugins, while they load and at exit: it goes to standard error, and breaks no result."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from destination_kit.cli.rendering import replace_control_characters

if TYPE_CHECKING:
    from typing import TextIO

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def plugin_output_to_stderr() -> Iterator[None]:
    """Send to standard error what the code in this block writes to standard output.

    This holds for `print`, for the stream that Python started with, and for the descriptor, which
    an extension module or a child process may write to.
    """
    stdout = sys.stdout
    _flush(stdout)
    kept = _redirect_descriptor(stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        # The stream that Python started with has a buffer. Unless it is written now, a later flush
        # would put it before the result.
        _flush(stdout)
        if kept is not None:
            os.dup2(kept, stdout.fileno())
            os.close(kept)


def keep_stdout_clean(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with its output sent to standard error."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with plugin_output_to_stderr():
            return function(*args, **kwargs)

    return run


def send_exit_output_to_stderr() -> None:
    """Send to standard error what plugins write while the process exits: it is no result.

    Call it when the command has ended. Python runs the functions that were registered last first,
    so this one comes before those of plugins.
    """
    atexit.register(_redirect_for_good)


def _redirect_for_good() -> None:
    _flush(sys.stdout)
    kept = _redirect_descriptor(sys.stdout)
    if kept is not None:
        os.close(kept)
    sys.stdout = sys.stderr


def escape_log_records() -> None:
    """Let no log record steer the terminal, where Python itself writes records to standard error.

    It does so where no handler is set up, as in `dkit`. A plugin's record can hold any text.
    """
    import logging

    from destination_kit.errors import describe_fault

    class Escaping(logging.Formatter):
        def formatException(self, ei: Any) -> str:  # noqa: N802 - the name that `logging` calls
            # The text of an author's exception may quote a setting, as asyncio's record of a task
            # whose exception no code has read does.
            return f"it {describe_fault(ei[1])}" if ei[1] else ""

        def format(self, record: logging.LogRecord) -> str:
            return replace_control_characters(super().format(record))

    if logging.lastResort is not None:
        logging.lastResort.setFormatter(Escaping())


def _redirect_descriptor(stdout: TextIO | None) -> int | None:
    """Let the descriptor lead to standard error; return a copy of it, None for a stream in memory."""
    try:
        descriptor, target = _descriptor(stdout), _descriptor(sys.stderr)
        kept = os.dup(descriptor)
    except (
        OSError,
        ValueError,
    ):  # a stream in memory has no descriptor, a closed one raises ValueError
        return None
    os.dup2(target, descriptor)
    return kept


def _descriptor(stream: TextIO | None) -> int:
    if stream is None:
        raise ValueError("there is no stream")
    return stream.fileno()


def _flush(stream: TextIO | None) -> None:
    # A closed pipe raises here too. The command finds it when it writes its result.
    with suppress(OSError, ValueError):
        if stream is not None:
            stream.flush()
