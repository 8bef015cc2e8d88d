"""JSON values as Python source, laid out as `ruff format` does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from unicodedata import east_asian_width

WIDTH: Final = 100
_INDENT: Final = 4
_PIECE = re.compile(r"\s*\S*")


@dataclass(frozen=True, slots=True)
class Name:
    """A name, or another piece of Python, where a literal could stand."""

    source: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call with keyword arguments; an argument that is `None` is left out."""

    function: str
    arguments: Mapping[str, Source]


Source: TypeAlias = "Mapping[str, Source] | Sequence[Source] | str | float | Name | Call | None"


def render(value: Source, *, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """Return a value as Python source.

    `indent` is that of the line it starts in; `before` and `after` are the columns that this line
    holds besides. What does not fit is put on lines of its own; long text becomes several.
    """
    flat = _flat(value)
    if width(flat) + indent + before + after <= WIDTH:
        return flat
    if isinstance(value, str):
        return _long_text(value, indent, before, after)
    if isinstance(value, Mapping):
        return _exploded("{", _members(value, indent + _INDENT), "}", indent)
    if isinstance(value, Call):
        return _exploded(f"{value.function}(", _arguments(value, indent + _INDENT), ")", indent)
    if isinstance(value, Sequence):
        items = (render(each, indent=indent + _INDENT, after=1) for each in value)
        return _exploded("[", items, "]", indent)
    return flat


def assign(target: str, value: Source) -> str:
    """Return the statement that gives a name to a value."""
    return f"{target} = {render(value, before=len(target) + 3)}\n"


def quoted(text: str) -> str:
    """Return a text in quotation marks: double ones, unless single ones need fewer escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return f"{quote}{''.join(_escaped(each, quote) for each in text)}{quote}"


def width(text: str) -> int:
    """Return the columns that a line of text takes: wide characters take two."""
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def _flat(value: Source) -> str:
    match value:
        case Name(source):
            return source
        case Call(function, arguments):
            given = (
                f"{name}={_flat(each)}" for name, each in arguments.items() if each is not None
            )
            return f"{function}({', '.join(given)})"
        case str():
            return quoted(value)
        case Mapping():
            return (
                f"{{{', '.join(f'{quoted(key)}: {_flat(each)}' for key, each in value.items())}}}"
            )
        case None | bool() | int() | float():
            return repr(value)
        case _:
            return f"[{', '.join(map(_flat, value))}]"


def _exploded(start: str, lines: Iterator[str], end: str, indent: int) -> str:
    pad = " " * (indent + _INDENT)
    inner = [f"{pad}{each}," for each in lines]
    return "\n".join((start, *inner, f"{' ' * indent}{end}"))


def _members(value: Mapping[str, Source], indent: int) -> Iterator[str]:
    for key, each in value.items():
        name = quoted(key)
        yield f"{name}: {render(each, indent=indent, before=width(name) + 2, after=1)}"


def _arguments(call: Call, indent: int) -> Iterator[str]:
    for name, each in call.arguments.items():
        if each is not None:
            yield f"{name}={render(each, indent=indent, before=len(name) + 1, after=1)}"


def _long_text(text: str, indent: int, before: int, after: int) -> str:
    """Return a text as several that stand below each other."""
    lines: list[str] = []
    line = ""
    for piece in _PIECE.findall(text):
        room = WIDTH - indent - after - (0 if lines else before)
        if line and width(quoted(line + piece)) > room:
            lines.append(line)
            line = ""
        line += piece
    lines += [line] if line else []
    return f"\n{' ' * indent}".join(map(quoted, lines))


def _escaped(char: str, quote: str) -> str:
    if char in ("\\", quote):
        return f"\\{char}"
    return char if char.isprintable() else repr(char)[1:-1]
