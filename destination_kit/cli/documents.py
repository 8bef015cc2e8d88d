"""Documents that people write: JSON or TOML files, read with a sentence for every failure."""

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
    from destination_kit.errors import Problem

_DECODER = json.JSONDecoder()
_WHITESPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file."""

    #: The path as the person typed it.
    name: str
    value: Json
    #: The source, in which problems have a line; None for TOML.
    text: str | None = None


def read_bytes(path: str) -> bytes:
    """Return the content of a file, or of standard input for `-`."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {error_reason(error)}") from None


def load_document(path: str) -> Document:
    """Return the document of a file: TOML where its name ends in `.toml`, otherwise JSON."""
    text = _read_text(path)
    if path.lower().endswith(".toml"):
        return Document(path, _parse_toml(text, path))
    return Document(path, parse_json(text, path), text)


def parse_json(text: str, name: str) -> Json:
    """Return the value of a JSON text; raise `UsageError` that names the file otherwise."""
    try:
        # Python's parser accepts NaN and Infinity, which are no JSON (RFC 8259, section 6). A
        # payload with such a number would be no JSON either.
        value: Json = json.loads(text, parse_constant=_reject_constant)
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{name} is not JSON: {error.msg} at {position}") from None
    except ValueError as error:
        raise UsageError(f"{name} is not JSON: {error}") from None
    except RecursionError:
        raise UsageError(f"{name} is nested too deeply") from None
    return value


def error_reason(error: Exception) -> str:
    """Return the reason of a failed system call, without the path that the sentence has already."""
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)


def render_problem(problem: Problem, document: Document) -> str:
    """Return a problem with its JSON Pointer and, in a JSON file, its line."""
    line = f"line {line_of_pointer(document.text, problem.path)}, " if document.text else ""
    return f"{line}{problem}"


def line_of_pointer(text: str, pointer: str) -> int:
    """Return the line, counted from 1, of the value that a JSON Pointer names in a JSON text.

    Where the value is missing, it is the line of the innermost object or list on the way to it.
    """
    position = _skip_whitespace(text, 0)
    for token in pointer.split("/")[1:]:
        # In the other order "~01" would become "/", but it means "~1" (RFC 6901, section 4).
        name = token.replace("~1", "/").replace("~0", "~")
        value = next((start for key, start in _members(text, position) if key == name), None)
        if value is None:
            break
        position = value
    return text.count("\n", 0, position) + 1


def _members(text: str, position: int) -> Iterator[tuple[str, int]]:
    """Yield (key or index, position of the value) for each member of the object or list here."""
    # A problem names its line, but `json.loads` keeps no positions. `raw_decode` returns where a
    # value ends, and the next member starts after that.
    opening = text[position]
    if opening not in "{[":
        return
    position, index = _skip_whitespace(text, position + 1), 0
    while text[position] not in "}]":
        key = str(index)
        if opening == "{":
            key, end = _DECODER.raw_decode(text, position)
            position = _skip_whitespace(text, end, ":")
        yield key, position
        position = _skip_whitespace(text, _DECODER.raw_decode(text, position)[1], ",")
        index += 1


def _skip_whitespace(text: str, position: int, separator: str = "") -> int:
    """Return the position of the next character that is no whitespace and no separator."""
    while text[position] in _WHITESPACE or text[position] in separator:
        position += 1
    return position


def _read_text(path: str) -> str:
    content = read_bytes(path)
    if b"\0" in content:
        _refuse_other_encoding(path, content)
    try:
        # With plain "utf-8", `json` and `tomllib` would refuse the byte order mark that editors on
        # Windows may write.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: see byte {error.start}") from None


def _refuse_other_encoding(path: str, content: bytes) -> None:
    """Raise `UsageError` for UTF-16 and UTF-32, with the program that converts them."""
    # The decoder of events imports zlib, which a sound document does not need.
    from destination_kit.delivery.text_decoder import SourceError, check_start

    try:
        check_start(content)
    except SourceError as error:
        raise UsageError(f"{path} {error}") from None


def _parse_toml(text: str, name: str) -> Json:
    import tomllib

    try:
        # tomllib returns dates as objects, and accepts `nan` and `inf`, but an instance is JSON.
        # The round trip makes text of the dates, and refuses the numbers as JSON does.
        value: Json = json.loads(json.dumps(tomllib.loads(text), allow_nan=False, default=str))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} cannot be read as TOML: {error}") from None
    return value


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
