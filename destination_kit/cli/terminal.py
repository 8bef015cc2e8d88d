"""Terminal of a stream: whether there is one, how wide it is, and whether it shows colors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, TextIO

#: Columns of a terminal that does not know its own width, as some pseudo-terminals.
_DEFAULT_WIDTH: Final = 80
_RESET: Final = "\x1b[0m"
GREEN: Final = "\x1b[32m"
RED: Final = "\x1b[31m"


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream leads to a terminal; a closed stream does not."""
    try:
        return stream is not None and stream.isatty()
    except (OSError, ValueError):  # `isatty` of a closed file raises ValueError
        return False


def terminal_width(
    stream: TextIO | None, environment: Mapping[str, str] = os.environ
) -> int | None:
    """Return the columns of a stream's terminal, None for a file or pipe.

    The variable `COLUMNS` stands above what the terminal says, as in other programs.
    """
    if stream is None or not is_terminal(stream):
        return None
    columns = environment.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _DEFAULT_WIDTH
    except (OSError, ValueError):
        return _DEFAULT_WIDTH


def can_redraw(stream: TextIO | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether a line can be shown in place; a terminal of type `dumb` cannot erase one."""
    return is_terminal(stream) and environment.get("TERM") != "dumb"


def has_color(stream: TextIO | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether text of a stream is colored.

    `NO_COLOR` (https://no-color.org) takes colors away, `FORCE_COLOR` (https://force-color.org)
    gives them to a file or pipe as well. An empty variable counts as none.
    """
    if environment.get("NO_COLOR"):
        return False
    if forced := environment.get("FORCE_COLOR"):
        return forced != "0"
    return can_redraw(stream, environment)


def paint(text: str, color: str, *, enabled: bool) -> str:
    """Return text in a color, or as it is."""
    return f"{color}{text}{_RESET}" if enabled and text else text
