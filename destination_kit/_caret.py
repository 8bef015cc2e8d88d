"""Error messages that show a text with a caret under the character at fault."""

from __future__ import annotations

import re
from typing import Final

_ANY_BUT_TAB: Final = re.compile(r"[^\t]")


def point_at(source: str, index: int, message: str) -> str:
    """Return the message with line and column, the line of `source`, and a caret under `index`.

    Lines and columns count from 1; a source of one line has a column only.
    """
    start = source.rfind("\n", 0, index) + 1
    line = source[start:].partition("\n")[0].rstrip("\r")
    row = source.count("\n", 0, index) + 1
    column = index - start + 1
    location = f"line {row}, column {column}" if "\n" in source else f"column {column}"
    # A terminal shows a tab as up to eight columns. A space in its place would move the caret too
    # far to the left.
    indent = _ANY_BUT_TAB.sub(" ", source[start:index])
    return f"{message} ({location})\n{line}\n{indent}^"
