"""JSON of request bodies: orjson where it keeps every value, else Python's `json`.

orjson refuses half surrogates, which JSON may hold, and makes a float of an integer beyond 64 bits.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson

# A run inside a text takes the slow way too, which does no harm.
_LONG_NUMBER: Final = re.compile(rb"[0-9]{19}")
_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
# Python refuses to convert more digits (https://docs.python.org/3/library/stdtypes.html#int-max-str-digits).
_MOST_DIGITS: Final = 4000
#: Levels that are kept of what is nested too deeply for `json`: more than an event may have.
_KEPT_LEVELS: Final = 120


@dataclass(frozen=True, slots=True)
class ParsedJson:
    """A value, and the function that writes it or a part of it as text again."""

    value: Any
    #: value -> JSON text in UTF-8. Raises `ValueError` for a number that JSON does not have.
    write: Callable[[object], bytes]


def parse_json(text: bytes) -> ParsedJson:
    """Return the value of a JSON text; raise `ValueError` with a sentence where it is none.

    NaN, Infinity and numbers beyond a float are read, since they fail one event and not its batch.
    """
    if not _LONG_NUMBER.search(text):
        try:
            return ParsedJson(orjson.loads(text), orjson.dumps)
        except orjson.JSONDecodeError:
            pass
    return ParsedJson(_parse_slowly(text), write_json)


def write_json(value: object) -> bytes:
    """Return a value as JSON text; raise `ValueError` for a number that JSON does not have."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # half surrogates are text in escapes only
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def write_any(value: object) -> bytes:
    """Return a value as text for a person, NaN included."""
    return json.dumps(value, separators=(",", ":")).encode()


def _parse_slowly(text: bytes) -> object:
    try:
        document = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"the body is not UTF-8: see byte {error.start}") from None
    try:
        return _decode(document)
    except RecursionError:
        pass
    try:
        return _decode(_prune(document))
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None


def _decode(document: str) -> object:
    decoder = json.JSONDecoder(parse_int=_parse_int)
    try:
        return decoder.decode(document)
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"the body is not JSON: {error.msg} at {position}") from None


def _parse_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


def _prune(document: str) -> str:
    """Return a text without what is nested deeper than `_KEPT_LEVELS`.

    One event that is nested too deeply would otherwise fail the other events of its batch.
    """
    kept, start, depth = [], 0, 0
    for token in _TOKEN.finditer(document):
        if token[0] in ("[", "{"):
            depth += 1
            if depth == _KEPT_LEVELS:
                kept.append(document[start : token.end()])
        elif token[0] in ("]", "}"):
            if depth == _KEPT_LEVELS:
                start = token.start()
            depth -= 1
    return "".join((*kept, document[start:]))
