"""Writer of the command line: results go to standard output, messages to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import TextIOWrapper
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

from destination_kit.cli.errors import OutputError
from destination_kit.cli.rendering import (
    escape_control_characters,
    json_default,
    render_json,
    render_table,
    replace_control_characters,
)
from destination_kit.cli.terminal import RED, has_color, paint, terminal_width

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

#: How messages on standard error are written: as sentences, or as one JSON object a line.
LogFormat: TypeAlias = Literal["text", "json"]
LogLevel: TypeAlias = Literal["info", "warning", "error"]


@dataclass(slots=True)
class ConsoleWriter:
    """The `Writer` that every command of `dkit` gets.

    It writes to `sys.stdout` and `sys.stderr` as they are at the time of the call. Each call
    flushes, so that a reader at the end of a pipe sees a line when it is written.

    Raises `OutputError` or `BrokenPipeError` where standard output cannot be written. A message
    that standard error does not take is lost, because no other place is left for it.
    """

    log_format: LogFormat = "text"

    def text(self, text: str = "") -> None:
        """Write a line, or several, of the result."""
        _write_result(replace_control_characters(text))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Write aligned columns under their heads, as wide as the terminal at most."""
        self.text(render_table(heads, rows, terminal_width(sys.stdout)))

    def json(self, value: Json) -> None:
        """Write the whole result as one JSON document."""
        _write_result(escape_control_characters(render_json(value)))

    def notice(self, message: str) -> None:
        """Write a message beside the result, such as a warning or the next step."""
        write_message(message, log_format=self.log_format)

    def error(self, message: str) -> None:
        """Write why the command failed, behind the name of the program."""
        if self.log_format == "json":
            write_message(message, log_format="json", level="error")
        else:
            write_message(message, prefix="dkit: ")


def write_message(
    message: str,
    *,
    log_format: LogFormat = "text",
    level: LogLevel = "info",
    prefix: str = "",
    details: JsonObject | None = None,
) -> None:
    """Write a message to standard error, as text or as a JSON object with its details."""
    if log_format == "json":
        from datetime import UTC, datetime

        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"time": time, "level": level, "message": message, **(details or {})}
        line = escape_control_characters(
            json.dumps(record, ensure_ascii=False, default=json_default)
        )
    else:
        head = paint(prefix, RED, enabled=has_color(sys.stderr))
        line = head + replace_control_characters(message)
    write_to_stderr(line + "\n")


def write_to_stderr(text: str) -> None:
    """Write text to standard error as it is; a stream that is closed or full drops it."""
    # `print` would write to standard output where standard error is None, as after `2>&-`.
    stream = sys.stderr
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):  # a closed terminal raises EIO, a closed file ValueError
        _discard(stream)


def prepare_output() -> None:
    """Let both streams escape the characters that the terminal's encoding lacks.

    Without this such a character in an event ends a run with `UnicodeEncodeError`. Descriptors
    that were closed lead nowhere from now on.
    """
    # After `>&-` the next file that is opened gets descriptor 1. What a library prints to standard
    # output would then stand between the results.
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def flush_output() -> None:
    """Write what is left in the buffer of standard output; raise as `ConsoleWriter` does."""
    # argparse ignores an `OSError` of its own output. Python would find it at exit, and write a
    # traceback.
    _write_result("", end="")


def discard_output() -> None:
    """Send the rest of standard output nowhere, because it cannot be written.

    Python flushes standard output at exit and would fail there a second time.
    """
    if sys.stdout is not None:
        _discard(sys.stdout)


def _write_result(text: str, end: str = "\n") -> None:
    if sys.stdout is None:
        raise OutputError(0, "it is closed")
    try:
        sys.stdout.write(text + end)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(error.errno, error.strerror) from None


def _discard(stream: TextIO) -> None:
    with suppress(OSError, ValueError):  # a stream in memory has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
