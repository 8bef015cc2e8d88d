"""Results index: the lines that a results file holds a final result for, so that a run resumes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from destination_kit._json import as_array, as_object

if TYPE_CHECKING:
    from pathlib import Path

    from destination_kit._json import Json, JsonObject

# A person may give `--resume` a file of other records, with an id or a Unix time as `line`. Unix
# times have ten digits, and 100 million events of 500 bytes would take 50 GB.
_MAX_LINE_NUMBER = 100_000_000
# Pruning walks the whole index. If each record pruned it, the cost would be quadratic. The 10,000
# lines that wait for it take 1.4 MB.
_PRUNE_AFTER = 10_000


class ResultsError(ValueError):
    """A line of a results file is not a result."""


class EventMismatchError(Exception):
    """A line holds another event than the results file has for it."""

    def __init__(self, line_number: int, message_id: str) -> None:
        super().__init__(f"line {line_number} is {message_id}")
        #: The number of the line.
        self.line_number = line_number


@dataclass(frozen=True, slots=True)
class FinalLine:
    """A line with a final result."""

    #: Hash of the event's `messageId`, None without one.
    # A hash takes 36 bytes of memory, a UUID as text 85. Python's hash differs from process to
    # process, which does no harm, because the index is never saved.
    message_id_hash: int | None = None

    def has_other_event(self, message_id: Json) -> bool:
        """Return whether the line held an event with another message id; False if either has none."""
        return (
            isinstance(message_id, str)
            and self.message_id_hash is not None
            and self.message_id_hash != hash(message_id)
        )


@dataclass(frozen=True, slots=True)
class PartialLine:
    """A line whose event an interrupted run delivered to some subscriptions, or may have."""

    #: Names of the subscriptions that have yet to receive the event.
    open_subscriptions: frozenset[str]
    #: How often the event was sent.
    attempts: int
    #: How many of those attempts ended with an unknown outcome.
    unknown_attempts: int


class ResultsIndex:
    """Lines of a results file: those with a final result, and those that are delivered in part.

    Lines below the low-water mark are not kept: `take_final` reads them from the file a second time.
    It holds the records of lines that overtook an earlier one until their turn.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._records = _read_records(path) if path else iter(())
        self._above_low_water: dict[int, FinalLine] = {}
        self._read_ahead: dict[int, FinalLine] = {}
        self._partial: dict[int, PartialLine] = {}
        self._low_water = 0
        self._prune_at = _PRUNE_AFTER
        self._count = 0

    def add(self, record: ResultsRecord) -> None:
        """Add the line of a record; a later record of a line replaces an earlier one."""
        if record.partial:
            self._partial[record.line_number] = record.partial
            return
        self._partial.pop(record.line_number, None)
        self._count += 1
        self._low_water = max(self._low_water, record.low_water)
        self._above_low_water[record.line_number] = record.final_line
        if len(self._above_low_water) > self._prune_at:
            self._prune()

    def _prune(self) -> None:
        low_water = self._low_water
        self._above_low_water = {
            number: line for number, line in self._above_low_water.items() if number > low_water
        }
        # One slow event can hold back the low-water mark, and pruning then removes nothing. A fixed
        # bound would walk the index at each record from then on; a doubled one keeps the cost per
        # line constant.
        self._prune_at = 2 * len(self._above_low_water) + _PRUNE_AFTER

    def __len__(self) -> int:
        """Return the number of lines with a final result."""
        return self._count

    def take_partial(self, number: int) -> PartialLine | None:
        """Return the open subscriptions of a line, None if no earlier run sent its event."""
        return self._partial.pop(number, None)

    def take_final(self, number: int) -> FinalLine | None:
        """Return the line if its result is final, else None. Call it with growing numbers only."""
        if number > self._low_water:
            return self._above_low_water.get(number)
        # Records stand in the order in which lines finished. A line that waits for a retry is
        # overtaken, and the records of those that overtook it are held here.
        while number not in self._read_ahead:
            record = next(self._records, None)
            if record is None:
                # A person may have removed the record of this line. The line is final all the same,
                # because it is below the low-water mark, and must not be sent again.
                return FinalLine()
            if not record.partial:
                self._read_ahead[record.line_number] = record.final_line
        return self._read_ahead.pop(number)


@dataclass(frozen=True, slots=True)
class ResultsRecord:
    """One line of a results file."""

    #: Number of the event's line in the file of events, from 1.
    line_number: int
    #: The event's `messageId`; any JSON, since events may hold any.
    message_id: Json
    #: Every line up to this number is final by this record.
    low_water: int
    #: Bytes of the record, its line break included.
    size: int
    #: The open subscriptions; None if the result is final.
    partial: PartialLine | None = None

    @property
    def final_line(self) -> FinalLine:
        """What the index keeps of a final record."""
        return FinalLine(hash(self.message_id)) if isinstance(self.message_id, str) else FinalLine()


def load_results_index(path: Path) -> tuple[ResultsIndex, int]:
    """Return the index of a results file, and the bytes of its whole records.

    A run that was killed can leave an incomplete last record, which does not count.

    Raises `OSError` where the file cannot be read, and `ResultsError` where a line is not a result.
    """
    index, length = ResultsIndex(path), 0
    for record in _read_records(path):
        index.add(record)
        length += record.size
    return index, length


def find_message_id(path: Path, number: int) -> Json:
    """Return the message id that a results file has for a final line, None if it has none."""
    message_ids = (
        record.message_id
        for record in _read_records(path)
        if record.line_number == number and not record.partial
    )
    return next(message_ids, None)


def _read_records(path: Path) -> Iterator[ResultsRecord]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            yield _parse_record(line, f"{path}, line {number}")


def _parse_record(line: bytes, location: str) -> ResultsRecord:
    try:
        record = as_object(json.loads(line))
    except (ValueError, RecursionError):
        record = {}
    number, low_water = record.get("line"), record.get("lowWater", 0)
    if _is_integer(number) and 0 < number < _MAX_LINE_NUMBER and _is_integer(low_water):
        partial = _parse_partial(record)
        return ResultsRecord(number, record.get("messageId"), low_water, len(line), partial)
    raise ResultsError(f"{location} is not a result of dkit deliver")


def _parse_partial(record: JsonObject) -> PartialLine | None:
    if record.get("status") != "open":
        return None
    names, attempts, unknown = (record.get(key) for key in ("open", "tries", "unknownTries"))
    counts = (count if _is_integer(count) else 0 for count in (attempts, unknown))
    return PartialLine(frozenset(map(str, as_array(names))), *counts)


def _is_integer(value: Json) -> TypeGuard[int]:
    # In Python `True` is an `int`. A record with `"line": true` would otherwise count as line 1.
    return isinstance(value, int) and not isinstance(value, bool)
