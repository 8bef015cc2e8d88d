"""The lines that a file of results has an answer for, so that no event is sent twice."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING

from destination_kit.cli.misuse import Misuse

if TYPE_CHECKING:
    from pathlib import Path

    from destination_kit._json import Json

_MOST_LINES = 100_000_000
_NOT_DONE, _NAMELESS = 0, 1


class Done:
    """Line numbers, each with a hash of its event's message id where it has one: 8 bytes a line."""

    def __init__(self) -> None:
        self._marks = array("q")

    def add(self, number: int, message_id: Json = None) -> None:
        """Put a line in."""
        if number >= len(self._marks):
            self._marks.frombytes(bytes(8 * (number - len(self._marks) + 1)))
        self._marks[number] = _mark(message_id)

    def __len__(self) -> int:
        return len(self._marks) - self._marks.count(_NOT_DONE)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self._at(number) != _NOT_DONE

    def is_named(self, number: int) -> bool:
        """Return whether there is a message id to compare with."""
        return self._at(number) not in (_NOT_DONE, _NAMELESS)

    def is_other(self, number: int, message_id: Json) -> bool:
        """Return whether the line held an event with another message id than this one."""
        mark = _mark(message_id)
        return mark != _NAMELESS and self.is_named(number) and self._at(number) != mark

    def _at(self, number: int) -> int:
        return self._marks[number] if number < len(self._marks) else _NOT_DONE


def _mark(message_id: Json) -> int:
    return hash(message_id) | 2 if isinstance(message_id, str) else _NAMELESS


def load_done(path: Path) -> tuple[Done, int]:
    """Return the lines that have a final result in this file, and its length without a torn end."""
    done, length = Done(), 0
    for number, message_id, size in _records(path):
        done.add(number, message_id)
        length += size
    return done, length


def message_id_of(path: Path, number: int) -> Json:
    """Return the message id that a file of results has for a line."""
    found = (message_id for line, message_id, _ in _records(path) if line == number)
    return next(found, None)


def _records(path: Path) -> Iterator[tuple[int, Json, int]]:
    """Yield the line, the message id and the size in bytes of each whole record."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):  # the run that wrote it was killed
                return
            yield *_record(line, f"{path}, line {number}"), len(line)


def _record(line: bytes, where: str) -> tuple[int, Json]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    number = record.get("line") if isinstance(record, dict) else None
    if isinstance(number, int) and 0 < number < _MOST_LINES:
        return number, record.get("messageId")
    raise Misuse(f"{where} is not a result of dkit deliver")
