"""The lines that a file of results has an answer for, so that no event is sent twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from destination_kit._json import as_object

if TYPE_CHECKING:
    from pathlib import Path

    from destination_kit._json import Json, JsonObject

_MOST_LINES = 100_000_000
_MANY = 10_000


class ResultsError(ValueError):
    """A line of a results file is not a result."""


@dataclass(frozen=True, slots=True)
class Mark:
    """That a line is done, and the message id of its event where it had one, as a hash."""

    name: int | None = None

    def differs(self, message_id: Json) -> bool:
        """Return whether the line held an event with another message id than this one."""
        named = isinstance(message_id, str)
        return named and self.name is not None and self.name != hash(message_id)


@dataclass(frozen=True, slots=True)
class Part:
    """What is left of a line whose event was delivered in part: the subscriptions `only`.

    It was sent `tries` times, and after `unknown` of them nobody knew what had become of it.
    """

    only: frozenset[str]
    tries: int
    unknown: int


class Done:
    """Lines with their marks. Nothing is kept of those below the low-water mark, however many.

    Their marks are read from the file again, in `take`, which is asked for each line in order.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._records = _records(path) if path else iter(())
        self._above: dict[int, Mark] = {}
        self._ahead: dict[int, Mark] = {}
        self._parts: dict[int, Part] = {}
        self._low_water = 0
        self._many = _MANY
        self._count = 0

    def add(self, record: Record) -> None:
        """Put the line of a record in."""
        if record.part:
            self._parts[record.line] = record.part
            return
        self._parts.pop(record.line, None)
        self._count += 1
        self._low_water = max(self._low_water, record.low_water)
        self._above[record.line] = record.mark
        if len(self._above) > self._many:
            low = self._low_water
            self._above = {line: mark for line, mark in self._above.items() if line > low}
            self._many = 2 * len(self._above) + _MANY

    def __len__(self) -> int:
        return self._count

    def part(self, number: int) -> Part | None:
        """Return what is left of a line that is not done, None where that is all of it."""
        return self._parts.pop(number, None)

    def take(self, number: int) -> Mark | None:
        """Return the mark of a line, None where it is not done; numbers only grow."""
        if number > self._low_water:
            return self._above.get(number)
        while number not in self._ahead:
            record = next(self._records, None)
            if record is None:
                return Mark()
            if not record.part:
                self._ahead[record.line] = record.mark
        return self._ahead.pop(number)


@dataclass(frozen=True, slots=True)
class Record:
    """What a line of results says: every line up to `low_water` has its result by then."""

    line: int
    message_id: Json
    low_water: int
    size: int
    part: Part | None = None

    @property
    def mark(self) -> Mark:
        """What is to be remembered of it."""
        return Mark(hash(self.message_id)) if isinstance(self.message_id, str) else Mark()


def load_done(path: Path) -> tuple[Done, int]:
    """Return the lines that have a final result in this file, and its length without a torn end."""
    done, length = Done(path), 0
    for record in _records(path):
        done.add(record)
        length += record.size
    return done, length


def message_id_of(path: Path, number: int) -> Json:
    """Return the message id that a file of results has for a line."""
    found = (each.message_id for each in _records(path) if each.line == number and not each.part)
    return next(found, None)


def _records(path: Path) -> Iterator[Record]:
    """Yield each whole record."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):  # the run that wrote it was killed
                return
            yield _record(line, f"{path}, line {number}")


def _record(line: bytes, where: str) -> Record:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        read = None
    record = as_object(read)
    number, low_water = record.get("line"), record.get("lowWater", 0)
    if _is_number(number) and 0 < number < _MOST_LINES and _is_number(low_water):
        return Record(number, record.get("messageId"), low_water, len(line), _part(record))
    raise ResultsError(f"{where} is not a result of dkit deliver")


def _part(record: JsonObject) -> Part | None:
    if record.get("status") != "open":
        return None
    names, tries, unknown = (record.get(key) for key in ("open", "tries", "unknownTries"))
    only = frozenset(map(str, names)) if isinstance(names, list) else frozenset[str]()
    counts = (each if _is_number(each) else 0 for each in (tries, unknown))
    return Part(only, *counts)


def _is_number(value: Json) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
