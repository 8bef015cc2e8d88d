"""Writer of the command line: results go to standard output, messages to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING

from destination_kit.cli.rendering import render_json, render_table

if TYPE_CHECKING:
    from destination_kit._json import Json


class ConsoleWriter:
    """The `Writer` that every command of `dkit` gets.

    It writes to `sys.stdout` and `sys.stderr` as they are at the time of the call. Each call
    flushes, so that a reader at the end of a pipe sees a line when it is written.
    """

    def text(self, text: str = "") -> None:
        """Write a line, or several, of the result."""
        print(_replace_control_characters(text), flush=True)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Write aligned columns under their heads."""
        self.text(render_table(heads, rows))

    def json(self, value: Json) -> None:
        """Write the whole result as one JSON document."""
        # The other methods replace control characters, which can start a terminal sequence. JSON
        # escapes U+0000 to U+001F itself, ESC among them (RFC 8259, section 7).
        print(render_json(value), flush=True)

    def notice(self, message: str) -> None:
        """Write a message beside the result, such as a warning or the next step."""
        print(_replace_control_characters(message), file=sys.stderr, flush=True)

    def error(self, message: str) -> None:
        """Write why the command failed, behind the name of the program."""
        self.notice(f"dkit: {message}")


def escape_unencodable_output() -> None:
    """Let both streams escape the characters that the terminal's encoding lacks.

    Without this such a character in an event ends a run with `UnicodeEncodeError`.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """Send the rest of standard output nowhere, because its reader has closed the pipe.

    Python flushes standard output at exit and would fail there a second time.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _replace_control_characters(text: str) -> str:
    """Return text without control characters: an event could move the cursor with them."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )
