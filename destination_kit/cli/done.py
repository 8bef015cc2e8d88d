"""The lines that a file of results has an answer for, so that no event is sent twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from destination_kit.cli.misuse import Misuse

if TYPE_CHECKING:
    from pathlib import Path

    from destination_kit._json import Json

_MOST_LINES = 100_000_000
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Mark:
    """That a line is done, and the message id of its event where it had one, as a hash."""

    name: int | None = None

    def differs(self, message_id: Json) -> bool:
        """Return whether the line held an event with another message id than this one."""
        named = isinstance(message_id, str)
        return named and self.name is not None and self.name != hash(message_id)


class Done:
    """Lines with their marks. Nothing is kept of those below the low-water mark, however many.

    Their marks are read from the file again, in `take`, which is asked for each line in order.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._records = _records(path) if path else iter(())
        self._above: dict[int, Mark] = {}
        self._ahead: dict[int, Mark] = {}
        self._low_water = 0
        self._many = _MANY
        self._count = 0

    def add(self, record: Record) -> None:
        """Put the line of a record in."""
        self._count += 1
        self._low_water = max(self._low_water, record.low_water)
        self._above[record.line] = record.mark
        if len(self._above) > self._many:
            low = self._low_water
            self._above = {line: mark for line, mark in self._above.items() if line > low}
            self._many = 2 * len(self._above) + _MANY

    def __len__(self) -> int:
        return self._count

    def take(self, number: int) -> Mark | None:
        """Return the mark of a line, None where it is not done; numbers only grow."""
        if number > self._low_water:
            return self._above.get(number)
        while number not in self._ahead:
            record = next(self._records, None)
            if record is None:
                return Mark()
            self._ahead[record.line] = record.mark
        return self._ahead.pop(number)


@dataclass(frozen=True, slots=True)
class Record:
    """What a line of results says: every line up to `low_water` has its result by then."""

    line: int
    message_id: Json
    low_water: int
    size: int

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
    found = (record.message_id for record in _records(path) if record.line == number)
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
    record = read if isinstance(read, Mapping) else {}
    number, low_water = record.get("line"), record.get("lowWater", 0)
    if _is_number(number) and 0 < number < _MOST_LINES and _is_number(low_water):
        return Record(number, record.get("messageId"), low_water, len(line))
    raise Misuse(f"{where} is not a result of dkit deliver")


def _is_number(value: Json) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
