"""Rendering of results as text: tables, folded paragraphs, and JSON.

Every function is pure; `destination_kit.cli.writer` writes what they return.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from destination_kit._json import Json

_COLUMN_GAP = "  "
_LINE_WIDTH = 88


def render_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return aligned columns under their heads; a column of numbers is aligned to the right."""
    cells = [[_render_cell(value) for value in row] for row in rows]
    widths = [max(map(_display_width, column)) for column in zip(heads, *cells, strict=True)]
    right = [_is_numeric([row[index] for row in rows]) for index in range(len(heads))]
    lines = [heads, ["-" * width for width in widths], *cells]
    return "\n".join(_render_row(line, widths, right) for line in lines)


def render_paragraph(text: str, indent: str = "", hang: str = "") -> str:
    """Return text folded into lines of 88 columns; all lines but the first start with `hang`.

    Text of several lines is indented and not folded, because a caret marks a column in it.
    """
    if "\n" in text:
        return "\n".join(indent + line for line in text.splitlines())
    from textwrap import wrap

    return "\n".join(
        wrap(
            text,
            _LINE_WIDTH,
            initial_indent=indent,
            subsequent_indent=indent + hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def truncate(text: str, max_length: int) -> str:
    """Return text of at most `max_length` characters; a cut ends with an ellipsis."""
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def render_json(value: object) -> str:
    """Return JSON over several lines, indented by two spaces."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=json_default)


def render_json_line(value: Json) -> str:
    """Return JSON on one line."""
    return json.dumps(value, ensure_ascii=False, default=json_default)


def render_json_block(value: Json, indent: int) -> str:
    """Return JSON over several lines; all lines but the first start with `indent` more spaces."""
    return render_json(value).replace("\n", "\n" + " " * indent)


def json_default(value: object) -> object:
    """Return a stand-in for a value that `json` cannot encode, as the `default` of `json.dumps`.

    A read-only mapping becomes a dict, any other object the name of its type in angle brackets.
    """
    return dict(value) if isinstance(value, Mapping) else f"<{type(value).__name__}>"


def _render_cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return " ".join(text.split())


def _is_numeric(column: Sequence[object]) -> bool:
    return bool(column) and all(isinstance(value, int | float) for value in column)


def _render_row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        _pad(cell, width, to_the_right=to_the_right)
        for cell, width, to_the_right in zip(cells, widths, right, strict=True)
    )
    return _COLUMN_GAP.join(padded).rstrip()


def _pad(cell: str, width: int, *, to_the_right: bool) -> str:
    padding = " " * (width - _display_width(cell))
    return padding + cell if to_the_right else cell + padding


def _display_width(text: str) -> int:
    """Return the columns that a terminal needs: East Asian wide characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
