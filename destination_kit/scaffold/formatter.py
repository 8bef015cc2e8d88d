"""Formatter of JSON values as Python source, with the layout of `ruff format`.

`ruff` itself would be a dependency of 25 MB for everybody who imports one definition, and it leaves
a long text on one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from unicodedata import east_asian_width

WIDTH: Final = 100
_INDENT: Final = 4
_WORD = re.compile(r"\s*\S*")


@dataclass(frozen=True, slots=True)
class Name:
    """A name or another expression where a literal could stand."""

    #: The Python source.
    source: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call with keyword arguments."""

    #: The name of the function.
    function: str
    #: Keyword -> value. The source leaves out an argument that is `None`.
    arguments: Mapping[str, Source]


Source: TypeAlias = "Mapping[str, Source] | Sequence[Source] | str | float | Name | Call | None"


def format_value(value: Source, *, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """Return a value as Python source.

    `indent` is the indentation of the line that the value starts in, `before` and `after` the
    number of columns that stand before and after it. A value that does not fit in the line gets a
    line per member; a long text becomes several literals.
    """
    one_line = _format_in_one_line(value)
    if width(one_line) + indent + before + after <= WIDTH:
        return one_line
    if isinstance(value, str):
        return _format_long_text(value, indent, before, after)
    if isinstance(value, Mapping):
        return _line_per_member("{", _format_members(value, indent + _INDENT), "}", indent)
    if isinstance(value, Call):
        return _line_per_member(
            f"{value.function}(", _format_arguments(value, indent + _INDENT), ")", indent
        )
    if isinstance(value, Sequence):
        members = (format_value(member, indent=indent + _INDENT, after=1) for member in value)
        start, end = "()" if isinstance(value, tuple) else "[]"
        return _line_per_member(start, members, end, indent)
    return one_line


def format_assignment(target: str, value: Source) -> str:
    """Return the statement that assigns a value to a name."""
    return f"{target} = {format_value(value, before=len(target) + 3)}\n"


def format_text(text: str) -> str:
    """Return a text as a literal in double quotes; in single ones where those need fewer escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return f"{quote}{''.join(_escape(char, quote) for char in text)}{quote}"


def width(text: str) -> int:
    """Return the number of columns that a text takes."""
    # `ruff format` counts a wide character (UAX #11) as two columns. If the scaffold counted one,
    # `ruff format` would break lines that it has written.
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _format_in_one_line(value: Source) -> str:
    match value:
        case Name(source):
            return source
        case Call(function, arguments):
            keywords = (
                f"{name}={_format_in_one_line(argument)}"
                for name, argument in arguments.items()
                if argument is not None
            )
            return f"{function}({', '.join(keywords)})"
        case str():
            return format_text(value)
        case Mapping():
            members = (
                f"{format_text(key)}: {_format_in_one_line(member)}"
                for key, member in value.items()
            )
            return f"{{{', '.join(members)}}}"
        case None | bool() | int() | float():
            return repr(value)
        case tuple():
            comma = "," if len(value) == 1 else ""
            return f"({', '.join(map(_format_in_one_line, value))}{comma})"
        case _:
            return f"[{', '.join(map(_format_in_one_line, value))}]"


def _line_per_member(start: str, members: Iterator[str], end: str, indent: int) -> str:
    pad = " " * (indent + _INDENT)
    lines = [f"{pad}{member}," for member in members]
    return "\n".join((start, *lines, f"{' ' * indent}{end}"))


def _format_members(value: Mapping[str, Source], indent: int) -> Iterator[str]:
    for key, member in value.items():
        name = format_text(key)
        yield f"{name}: {format_value(member, indent=indent, before=width(name) + 2, after=1)}"


def _format_arguments(call: Call, indent: int) -> Iterator[str]:
    for name, argument in call.arguments.items():
        if argument is not None:
            yield f"{name}={format_value(argument, indent=indent, before=len(name) + 1, after=1)}"


def _format_long_text(text: str, indent: int, before: int, after: int) -> str:
    """Return a text as several literals below each other, which Python joins."""
    lines: list[str] = []
    line = ""
    for word in _WORD.findall(text):
        room = WIDTH - indent - after - (0 if lines else before)
        if line and width(format_text(line + word)) > room:
            lines.append(line)
            line = ""
        line += word
    lines += [line] if line else []
    return f"\n{' ' * indent}".join(map(format_text, lines))


def _escape(char: str, quote: str) -> str:
    if char in ("\\", quote):
        return f"\\{char}"
    return char if char.isprintable() else repr(char)[1:-1]
