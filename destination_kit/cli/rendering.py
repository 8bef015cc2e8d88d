"""Rendering of results as text: tables, folded paragraphs, and JSON.

Every function is pure; `destination_kit.cli.writer` writes what they return.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width

if TYPE_CHECKING:
    from destination_kit._json import Json

_COLUMN_GAP = "  "
_LINE_WIDTH = 88
# Above it, JavaScript writes whole numbers with an exponent (Number::toString in ECMA-262).
_WHOLE_IN_JAVASCRIPT = 1e21
#: Columns of the narrowest text column; a table that needs narrower ones is stacked.
_MIN_TEXT_WIDTH = 8
# Every printable character of ASCII, and the line breaks between the lines of a message, are safe.
_DOUBTFUL = re.compile(r"[^ -~\n]")


def render_table(
    heads: Sequence[str], rows: Sequence[Sequence[object]], width: int | None = None
) -> str:
    """Return aligned columns under their heads; a column of numbers is aligned to the right.

    Where the table is wider than `width`, its texts are cut. Where too little of them would be
    left, each row becomes a block with a line per column.
    """
    cells = [[_render_cell(value) for value in row] for row in rows]
    widths = [max(map(display_width, column)) for column in zip(heads, *cells, strict=True)]
    right = [_is_numeric([row[index] for row in rows]) for index in range(len(heads))]
    if width is not None:
        fitting = _fit_widths(widths, right, width)
        if fitting is None:
            return "\n".join(_stack_row(heads, row, width) for row in cells)
        widths = fitting
    lines = [heads, ["-" * width for width in widths], *cells]
    return "\n".join(_render_row(line, widths, right) for line in lines)


def _fit_widths(widths: Sequence[int], right: Sequence[bool], available: int) -> list[int] | None:
    """Return the widths of columns that fit, the widest texts cut; None where they cannot fit."""
    fitting = list(widths)
    texts = [index for index, is_number in enumerate(right) if not is_number]
    excess = sum(fitting) + len(_COLUMN_GAP) * (len(fitting) - 1) - available
    while excess > 0:
        widest = max(texts, key=lambda index: fitting[index], default=None)
        if widest is None or fitting[widest] <= _MIN_TEXT_WIDTH:
            return None
        fitting[widest] -= 1
        excess -= 1
    return fitting


def _stack_row(heads: Sequence[str], cells: Sequence[str], width: int) -> str:
    first, *rest = [f"{head} {cell}".strip() for head, cell in zip(heads, cells, strict=True)]
    return "\n".join([truncate(first, width), *(truncate(f"  {line}", width) for line in rest)])


def render_paragraph(text: str, indent: str = "", hang: str = "", width: int | None = None) -> str:
    """Return text folded into lines of 88 columns; all lines but the first start with `hang`.

    A `width` below 88 columns makes the lines shorter, and cuts words that are longer.

    Text of several lines is indented and not folded, because a caret marks a column in it.
    """
    if "\n" in text:
        return "\n".join(indent + line for line in text.splitlines())
    from textwrap import wrap

    return "\n".join(
        wrap(
            text,
            min(width or _LINE_WIDTH, _LINE_WIDTH),
            initial_indent=indent,
            subsequent_indent=indent + hang,
            break_long_words=width is not None,
            break_on_hyphens=False,
        )
    )


def truncate(text: str, max_width: int) -> str:
    """Return text of at most `max_width` columns; a cut ends with an ellipsis."""
    if display_width(text) <= max_width:
        return text
    columns = 1
    for end, character in enumerate(text):
        columns += _character_width(character)
        if columns > max_width:
            return text[:end] + "…"
    return text


def render_json(value: object) -> str:
    """Return JSON over several lines, indented by two spaces."""
    return json.dumps(
        _with_javascript_numbers(value), indent=2, ensure_ascii=False, default=json_default
    )


def _with_javascript_numbers(value: object) -> object:
    """Return a value whose whole floats are integers, as JavaScript and the requests write them."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _WHOLE_IN_JAVASCRIPT else value
    if isinstance(value, Mapping):
        return {name: _with_javascript_numbers(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_with_javascript_numbers(member) for member in value]
    return value


def render_json_line(value: Json) -> str:
    """Return JSON on one line."""
    return json.dumps(_with_javascript_numbers(value), ensure_ascii=False, default=json_default)


def escape_control_characters(text: str) -> str:
    """Return JSON in which every character that could steer a terminal is escaped.

    `json` itself escapes U+0000 to U+001F only (RFC 8259, section 7).
    """
    return _DOUBTFUL.sub(_escape_in_json, text)


def _escape_in_json(match: re.Match[str]) -> str:
    return match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1]


def replace_control_characters(text: str) -> str:
    """Return text in which U+FFFD stands for every character that could steer a terminal.

    These are control characters, marks that reverse the direction of text
    (https://trojansource.codes), and all others that show nothing. A line break stays.
    """
    if text.isprintable():
        return text
    return _DOUBTFUL.sub(_replace_unprintable, text)


def _replace_unprintable(match: re.Match[str]) -> str:
    return match[0] if match[0].isprintable() else "\N{REPLACEMENT CHARACTER}"


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
    return replace_control_characters(" ".join(text.split()))


def _is_numeric(column: Sequence[object]) -> bool:
    return bool(column) and all(isinstance(value, int | float) for value in column)


def _render_row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        _pad(truncate(cell, width), width, to_the_right=to_the_right)
        for cell, width, to_the_right in zip(cells, widths, right, strict=True)
    )
    return _COLUMN_GAP.join(padded).rstrip()


def _pad(cell: str, width: int, *, to_the_right: bool) -> str:
    padding = " " * (width - display_width(cell))
    return padding + cell if to_the_right else cell + padding


def display_width(text: str) -> int:
    """Return the columns that a terminal needs for a text."""
    return len(text) if text.isascii() else sum(map(_character_width, text))


def _character_width(character: str) -> int:
    """Return 2 for East Asian wide characters, 0 for marks on the character before, else 1."""
    if east_asian_width(character) in "WF":
        return 2
    return 0 if category(character) in ("Mn", "Me", "Cf") else 1
