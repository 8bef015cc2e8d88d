"""What a person or a machine gets to read: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from textwrap import wrap
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from destination_kit._json import Json


GAP = "  "
WIDTH = 88


def render_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return aligned columns under their heads; columns of numbers are set to the right."""
    cells = [[_cell(each) for each in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(heads, *cells, strict=True)]
    right = [_is_numeric([row[index] for row in rows]) for index in range(len(heads))]
    lines = [heads, ["-" * width for width in widths], *cells]
    return "\n".join(_line(line, widths, right) for line in lines)


def render_paragraph(text: str, indent: str = "", hang: str = "") -> str:
    """Return text folded into short lines, all but the first with `hang`; a caret keeps its place."""
    if "\n" in text:
        return "\n".join(indent + line for line in text.splitlines())
    return "\n".join(
        wrap(
            text,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent + hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def shorten(text: str, most: int) -> str:
    """Return text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return " ".join(text.split())


def _is_numeric(column: Sequence[object]) -> bool:
    return bool(column) and all(isinstance(each, int | float) for each in column)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        " " * (width - _width(cell)) + cell if to_the_right else cell + " " * (width - _width(cell))
        for cell, width, to_the_right in zip(cells, widths, right, strict=True)
    )
    return GAP.join(padded).rstrip()


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def settle_streams() -> None:
    """Let no character end a run that the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def forget_stdout() -> None:
    """Let what is still to be written go nowhere, since whoever reads it has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show(text: str = "") -> None:
    """Write a line that belongs to the answer."""
    print(_harmless(text), flush=True)


def tell(text: str) -> None:
    """Write a line for whoever is watching."""
    print(_harmless(text), file=sys.stderr, flush=True)


def show_json(value: Json) -> None:
    """Write the whole answer as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=plain), flush=True)


def compact(value: Json) -> str:
    """Return JSON on one line."""
    return json.dumps(value, ensure_ascii=False, default=plain)


def pretty(value: Json, indent: int) -> str:
    """Return JSON on several lines, all but the first indented."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=plain)
    return text.replace("\n", "\n" + " " * indent)


def plain(value: object) -> object:
    """Return a read-only mapping as the dict that `json` knows, and the type of what is no JSON."""
    return dict(value) if isinstance(value, Mapping) else f"<{type(value).__name__}>"


def _harmless(text: str) -> str:
    """Take out what would move the cursor or worse: some of it comes from events."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text
    )
