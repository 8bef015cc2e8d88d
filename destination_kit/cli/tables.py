"""Tables and paragraphs of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from unicodedata import east_asian_width

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
