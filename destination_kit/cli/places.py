"""From a JSON Pointer to the line of the text that it means."""

from __future__ import annotations

import json
from collections.abc import Iterator

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
