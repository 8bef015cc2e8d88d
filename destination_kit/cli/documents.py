"""Files that people write: JSON or TOML, read with a sentence for everything that can go wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from destination_kit.cli.errors import UsageError

if TYPE_CHECKING:
    from destination_kit._json import Json


_DECODER = json.JSONDecoder()
_BLANK = " \t\r\n"


def line_of(text: str, pointer: str) -> int:
    """Return the line, counted from 1, of the place in a JSON text, or of what should hold it."""
    place = _past(text, 0, "")
    for step in pointer.split("/")[1:]:
        wanted = step.replace("~1", "/").replace("~0", "~")
        inner = next((at for name, at in _members(text, place) if name == wanted), None)
        if inner is None:
            break
        place = inner
    return text.count("\n", 0, place) + 1


def _members(text: str, place: int) -> Iterator[tuple[str, int]]:
    """Yield the name or index of each member of the object or list here, and its value's place."""
    opening = text[place]
    if opening not in "{[":
        return
    place, index = _past(text, place + 1, ""), 0
    while text[place] not in "}]":
        name = str(index)
        if opening == "{":
            name, end = _DECODER.raw_decode(text, place)
            place = _past(text, end, ":")
        yield name, place
        place = _past(text, _DECODER.raw_decode(text, place)[1], ",")
        index += 1


def _past(text: str, place: int, mark: str) -> int:
    while text[place] in _BLANK or text[place] in mark:
        place += 1
    return place


@dataclass(frozen=True, slots=True)
class Document:
    """A document and the text it was read from; `text` is None where that is not JSON."""

    name: str
    value: Json
    text: str | None = None


def load_bytes(path: str) -> bytes:
    """Return the content of a file, or of standard input for `-`."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None


def load_schema_file(path: str) -> str:
    """Return a file as text; a byte order mark is dropped."""
    try:
        return load_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: see byte {error.start}") from None


def load_document(path: str) -> Document:
    """Return a JSON or TOML document, told apart by the file's ending."""
    text = load_schema_file(path)
    if path.lower().endswith(".toml"):
        return Document(path, _parse_toml(text, path))
    return Document(path, parse_json(text, path), text)


def parse_json(text: str, name: str) -> Json:
    """Return what a JSON text says."""
    try:
        value: Json = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{name} is not JSON: {error.msg} at {place}") from None
    except ValueError as error:
        raise UsageError(f"{name} is not JSON: {error}") from None
    except RecursionError:
        raise UsageError(f"{name} is nested too deeply") from None
    return value


def _parse_toml(text: str, name: str) -> Json:
    import tomllib

    try:
        value: Json = json.loads(json.dumps(tomllib.loads(text), allow_nan=False, default=str))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} cannot be read as TOML: {error}") from None
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def reason(error: Exception) -> str:
    """Return why the system refused, without the file's name a second time."""
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
