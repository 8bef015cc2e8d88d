"""Results index: the lines that a results file holds a final result for, so that a run resumes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, TypeGuard

from destination_kit._event_ids import read_id
from destination_kit._json import as_array, as_object

if TYPE_CHECKING:
    from pathlib import Path

    from destination_kit._json import Json, JsonObject
    from destination_kit.delivery.lines import Line

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

    def __init__(self, line_number: int, found: str, expected: str | None = None) -> None:
        super().__init__(f"line {line_number} is {found}")
        #: The number of the line.
        self.line_number = line_number
        #: What the results file has there; None for the message id that `find_message_id` returns.
        self.expected = expected


@dataclass(frozen=True, slots=True)
class FinalLine:
    """A line with a final result."""

    #: Hash of the event's `messageId`, None without one.
    # A hash takes 36 bytes of memory, a UUID as text 85. Python's hash differs from process to
    # process, which does no harm, because the index is never saved.
    message_id_hash: int | None = None
    #: Names of the subscriptions in which the event failed. They get the event of a later line with
    #: the same `messageId`.
    failed_subscriptions: frozenset[str] = frozenset()
    #: Path of the file that holds the line; None where the run read one input only.
    file: str | None = None

    def has_other_event(self, message_id: str | None) -> bool:
        """Return whether the line held an event with another message id; False if either has none."""
        return (
            message_id is not None
            and self.message_id_hash is not None
            and self.message_id_hash != hash(message_id)
        )


def find_mismatch(
    final_line: FinalLine, line: Line, message_id: str | None
) -> EventMismatchError | None:
    """Return the error for a line that is not the one with the final result, None if it may be."""
    file = line.location.file if line.location else None
    # A new file among the inputs moves the lines of those behind it. The results may have been
    # written in another folder, so the names count and not the paths.
    if file and final_line.file and _base_name(file) != _base_name(final_line.file):
        return EventMismatchError(line.number, f"a line of {file}", f"one of {final_line.file}")
    if final_line.has_other_event(message_id):
        return EventMismatchError(line.number, str(message_id))
    return None


def _base_name(path: str) -> str:
    # `Path` takes ten times as long, and this runs for each line that is skipped.
    return path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class PartialLine:
    """A line whose event a resumed run sends again: interrupted, parked, or failed."""

    #: Names of the subscriptions that have yet to receive the event; None for all that match.
    open_subscriptions: frozenset[str] | None
    #: How often the event was sent.
    attempts: int
    #: How many of those attempts ended with an unknown outcome.
    unknown_attempts: int


class ResultsIndex:
    """Lines of a results file: those with a final result, and those that are sent again.

    A line is sent again if it is open, or failed for a reason that time or mended settings remove;
    with `retry_failed` for whatever reason it failed.

    Most lines below the low-water mark are not kept: `take_final` reads them from the file a second
    time. It holds the records of lines that overtook an earlier one until their turn.
    """

    def __init__(self, path: Path | None = None, *, retry_failed: bool = False) -> None:
        self._records = _read_records(path, retry_failed=retry_failed) if path else iter(())
        self._above_low_water: dict[int, FinalLine] = {}
        self._read_ahead: dict[int, FinalLine] = {}
        self._partial: dict[int, PartialLine] = {}
        #: Lines that were partial first. Their final record stands far behind their place, so
        #: `take_final` would hold the whole file to reach it.
        self._completed: dict[int, FinalLine] = {}
        #: Hash of a `messageId` -> the partial lines with it.
        self._partial_by_id: dict[int | None, list[int]] = {}
        self._low_water = 0
        self._prune_at = _PRUNE_AFTER
        self._count = 0

    def add(self, record: ResultsRecord) -> None:
        """Add the line of a record; a later record of a line replaces an earlier one."""
        self._low_water = max(self._low_water, record.low_water)
        number, line = record.line_number, record.final_line
        if record.partial:
            self._partial[number] = record.partial
            if line.message_id_hash is not None:
                self._partial_by_id.setdefault(line.message_id_hash, []).append(number)
            return
        self._count += 1
        if self._partial.pop(number, None):
            self._completed[number] = line
        else:
            self._above_low_water[number] = line
        self._complete_repeated(record)
        if len(self._above_low_water) > self._prune_at:
            self._prune()

    def _complete_repeated(self, record: ResultsRecord) -> None:
        """Complete the partial lines whose event a later line has delivered."""
        for number in self._partial_by_id.get(record.final_line.message_id_hash, ()):
            partial = self._partial.get(number)
            names = partial.open_subscriptions if partial else None
            if names and names <= record.delivered:
                del self._partial[number]
                self._completed[number] = record.final_line

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
        """Return what is left to send of a line, None if no earlier run sent its event."""
        return self._partial.pop(number, None)

    def take_final(self, number: int) -> FinalLine | None:
        """Return the line if its result is final, else None. Call it with growing numbers only."""
        if number in self._partial:
            return None
        if number in self._completed:
            return self._completed[number]
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
            if not (record.partial or record.line_number in self._completed):
                self._read_ahead[record.line_number] = record.final_line
        return self._read_ahead.pop(number)


@dataclass(frozen=True, slots=True)
class ResultsRecord:
    """One line of a results file."""

    #: Number of the event's line in the file of events, from 1.
    line_number: int
    #: The event's `messageId` as text, None without one.
    message_id: str | None
    #: Every line up to this number is final by this record.
    low_water: int
    #: Bytes of the record, its line break included.
    size: int
    #: What a resumed run sends of the line; None if the result is final.
    partial: PartialLine | None = None
    #: Names of the subscriptions in which the event failed.
    failed: frozenset[str] = frozenset()
    #: Names of the subscriptions that received the event.
    delivered: frozenset[str] = frozenset()
    #: Path of the file that holds the line; None where the run read one input only.
    file: str | None = None

    @property
    def final_line(self) -> FinalLine:
        """What the index keeps of a final record."""
        message_id = self.message_id
        message_id_hash = hash(message_id) if message_id else None
        return FinalLine(message_id_hash, self.failed, self.file)


def load_results_index(path: Path, *, retry_failed: bool = False) -> tuple[ResultsIndex, int]:
    """Return the index of a results file, and the bytes of its whole records.

    A run that was killed can leave an incomplete last record, which does not count.

    Raises `OSError` where the file cannot be read, and `ResultsError` where a line is not a result.
    """
    index, length = ResultsIndex(path, retry_failed=retry_failed), 0
    for record in _read_records(path, retry_failed=retry_failed):
        index.add(record)
        length += record.size
    return index, length


def find_message_id(path: Path, number: int) -> str | None:
    """Return the message id that a results file has for a final line, None if it has none."""
    message_ids = (
        record.message_id
        for record in _read_records(path)
        if record.line_number == number and not record.partial
    )
    return next(message_ids, None)


def _read_records(path: Path, *, retry_failed: bool = False) -> Iterator[ResultsRecord]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            yield _parse_record(line, f"{path}, line {number}", retry_failed=retry_failed)


def _parse_record(line: bytes, location: str, *, retry_failed: bool) -> ResultsRecord:
    try:
        record = as_object(json.loads(line))
    except (ValueError, RecursionError):
        record = {}
    number, low_water = record.get("line"), record.get("lowWater", 0)
    if _is_integer(number) and 0 < number < _MAX_LINE_NUMBER and _is_integer(low_water):
        results = [as_object(result) for result in as_array(record.get("results"))]
        file = record.get("file")
        return ResultsRecord(
            number,
            read_id(record, "messageId"),
            low_water,
            len(line),
            _parse_partial(record, results, retry_failed=retry_failed),
            _names(result for result in results if result.get("status") == "failed"),
            _names(result for result in results if result.get("status") == "delivered"),
            # Millions of records share a few paths.
            intern(file) if isinstance(file, str) else None,
        )
    raise ResultsError(f"{location} is not a result of dkit deliver")


def _parse_partial(
    record: JsonObject, results: Sequence[JsonObject], *, retry_failed: bool
) -> PartialLine | None:
    status = record.get("status")
    if status not in ("open", "failed"):
        return None
    failed = [result for result in results if result.get("status") == "failed"]
    open_names: frozenset[str] | None = frozenset(map(str, as_array(record.get("open"))))
    if retry_failed:
        # An invalid line has no results. A person may have mended it since.
        open_names = _names(failed) or (None if status == "failed" else open_names)
    elif status == "failed":
        open_names = _names(result for result in failed if result.get("retryable"))
        if not open_names:
            return None
    attempts, unknown = record.get("tries", 1), record.get("unknownTries", 0)
    counts = (count if _is_integer(count) else 0 for count in (attempts, unknown))
    return PartialLine(open_names, *counts)


def _names(results: Iterable[JsonObject]) -> frozenset[str]:
    return _intern(frozenset(str(result.get("subscription")) for result in results))


@lru_cache(maxsize=1000)
def _intern(names: frozenset[str]) -> frozenset[str]:
    """Return one and the same set for equal names, since most lines of a file have the same."""
    return names


def _is_integer(value: Json) -> TypeGuard[int]:
    # In Python `True` is an `int`. A record with `"line": true` would otherwise count as line 1.
    return isinstance(value, int) and not isinstance(value, bool)
