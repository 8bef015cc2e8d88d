"""Results index: what a results file says of each line, so that a run resumes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, TypeGuard

from destination_kit._event_ids import read_id
from destination_kit._json import as_array, as_object
from destination_kit.delivery.temporary_database import open_temporary_database, raising

if TYPE_CHECKING:
    from pathlib import Path

    from destination_kit._json import Json, JsonObject
    from destination_kit.delivery.lines import Line

# SQLite's integers have 64 bits, and a larger number would raise.
_MAX_LINE_NUMBER: Final = 2**62
_TABLES: Final = """
CREATE TABLE lines (id INTEGER PRIMARY KEY, hash TEXT, number INTEGER, message_id BLOB,
                    partial TEXT, failed TEXT);
CREATE INDEX by_hash ON lines (hash, number);
CREATE INDEX by_number ON lines (number);
"""
_PARTIAL_IDS: Final = (
    "CREATE INDEX IF NOT EXISTS by_id ON lines (message_id) WHERE partial IS NOT NULL"
)


class ResultsError(ValueError):
    """A line of a results file is not a result."""


class ResultsIndexError(OSError):
    """The index of the results cannot be written, mostly because the disk is full."""


class EventMismatchError(Exception):
    """The events are not those of the results file."""

    def __init__(self, line_number: int, found: str, expected: str) -> None:
        super().__init__(f"line {line_number} is {found}")
        #: The number of the first line that differs.
        self.line_number = line_number
        #: The message id that the results file has there.
        self.expected = expected


@dataclass(frozen=True, slots=True)
class PartialLine:
    """What a resumed run sends of a line: it was interrupted, parked, or failed."""

    #: Names of the subscriptions that have yet to receive the event; None for all that match.
    open_subscriptions: frozenset[str] | None
    #: How often the event was sent.
    attempts: int
    #: How many of those attempts ended with an unknown outcome.
    unknown_attempts: int


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line that an earlier run has recorded."""

    #: The number that the line had in the earlier run.
    number: int
    #: What is left to send of it; None if its result is final.
    partial: PartialLine | None = None
    #: Names of the subscriptions in which the event failed. They get the event of a later line with
    #: the same `messageId`.
    failed_subscriptions: frozenset[str] = frozenset()


class ResultsIndex:
    """Lines of a results file, by the hash of their text; on disk, so that memory stays flat.

    A line is sent again if it is open, or failed for a reason that time or mended settings remove;
    with `retry_failed` for whatever reason it failed. Lines that were put in front of others, or
    taken out, do no harm. Use it in `with`, which removes the temporary file.
    """

    def __init__(self) -> None:
        self._database = open_temporary_database(_TABLES)
        self._has_partial_lines = False
        self._count = 0
        #: Whether a line of the stream is known, which shows that the results belong to it.
        self.is_of_this_stream = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._database.close()

    def __len__(self) -> int:
        """Return the number of lines with a final result."""
        return self._count

    def add(self, record: ResultsRecord) -> None:
        """Add the line of a record; a later record of a line replaces an earlier one."""
        with raising(ResultsIndexError):
            earlier = self._database.execute(
                "SELECT id, partial FROM lines WHERE hash IS ? AND number = ?",
                (record.digest, record.earlier_number or record.line_number),
            ).fetchone()
            message_id = _encode(record.message_id)
            row = (record.digest, record.line_number, message_id, *record.state)
            if earlier is None:
                insert = (
                    "INSERT INTO lines (hash, number, message_id, partial, failed)"
                    " VALUES (?, ?, ?, ?, ?)"
                )
                self._database.execute(insert, row)
            else:
                update = (
                    "UPDATE lines SET hash = ?, number = ?, message_id = ?, partial = ?, failed = ?"
                    " WHERE id = ?"
                )
                self._database.execute(update, (*row, earlier[0]))
            was_final = earlier is not None and earlier[1] is None
            self._count += (record.partial is None) - was_final
            if record.partial:
                self._has_partial_lines = True
            elif self._has_partial_lines and message_id and record.delivered:
                self._complete_repeated(message_id, record.delivered)

    def _complete_repeated(self, message_id: bytes, delivered: frozenset[str]) -> None:
        """Complete the partial lines whose event a later line has delivered."""
        self._database.execute(_PARTIAL_IDS)
        rows = self._database.execute(
            "SELECT id, partial FROM lines WHERE message_id = ? AND partial IS NOT NULL",
            (message_id,),
        ).fetchall()
        for row_id, text in rows:
            names = _parse_state(text).open_subscriptions
            if names and names <= delivered:
                self._database.execute("UPDATE lines SET partial = NULL WHERE id = ?", (row_id,))
                self._count += 1

    def holds(self, line: Line) -> bool:
        """Return whether a line with this text is recorded."""
        query = "SELECT 1 FROM lines WHERE hash = ? LIMIT 1"
        return self._database.execute(query, (line.digest,)).fetchone() is not None

    def take(self, line: Line, message_id: str | None) -> KnownLine | None:
        """Return what an earlier run has recorded of a line, None for a new one.

        Each record counts for one line. A line is known by its text, else by its number and its
        `messageId`, since a person may have mended the event.

        Raises `EventMismatchError` where its number belongs to another event and no line of the
        stream is known so far.
        """
        with raising(ResultsIndexError):
            row = self._find_by_text(line) or self._find_by_number(line, message_id)
            if row is None:
                return None
            row_id, number, partial, failed = row
            self._database.execute("DELETE FROM lines WHERE id = ?", (row_id,))
        self.is_of_this_stream = True
        return KnownLine(
            number,
            _parse_state(partial) if partial else None,
            frozenset(json.loads(failed)) if failed else frozenset(),
        )

    def _find_by_text(self, line: Line) -> tuple[int, int, str, str] | None:
        query = (
            "SELECT id, number, partial, failed FROM lines WHERE hash = ?"
            " ORDER BY number <> ?, id LIMIT 1"
        )
        found: tuple[int, int, str, str] | None = self._database.execute(
            query, (line.digest, line.number)
        ).fetchone()
        return found

    def _find_by_number(
        self, line: Line, message_id: str | None
    ) -> tuple[int, int, str, str] | None:
        query = "SELECT id, number, partial, failed, message_id, hash FROM lines WHERE number = ?"
        rows = self._database.execute(query, (line.number,)).fetchall()
        for *row, known_id, digest in rows:
            # Without a hash, the record is of a version that wrote none.
            is_same = _encode(message_id) == known_id if message_id and known_id else digest is None
            if is_same:
                return row[0], row[1], row[2], row[3]
        if rows and message_id and rows[0][4] and not self.is_of_this_stream:
            raise EventMismatchError(line.number, message_id, rows[0][4].decode(errors="replace"))
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsRecord:
    """One line of a results file."""

    #: Number of the event's line in the file of events, from 1.
    line_number: int
    #: Number of the line in the run that this one resumed, where it was another.
    earlier_number: int | None
    #: Hash of the line's text; None in records of versions that wrote none.
    digest: str | None
    #: The event's `messageId` as text, None without one.
    message_id: str | None
    #: Bytes of the record, its line break included.
    size: int
    #: What a resumed run sends of the line; None if the result is final.
    partial: PartialLine | None
    #: Names of the subscriptions in which the event failed.
    failed: frozenset[str]
    #: Names of the subscriptions that received the event.
    delivered: frozenset[str]

    @property
    def state(self) -> tuple[str | None, str | None]:
        """What the index keeps of it: the partial line and the failed subscriptions, as JSON."""
        failed = json.dumps(sorted(self.failed)) if self.failed else None
        if self.partial is None:
            return None, failed
        names = self.partial.open_subscriptions
        counts = (self.partial.attempts, self.partial.unknown_attempts)
        return json.dumps([None if names is None else sorted(names), *counts]), failed


def _encode(message_id: str | None) -> bytes | None:
    # JSON may hold lone surrogates (RFC 8259, section 8.2), which plain UTF-8 cannot encode.
    return None if message_id is None else message_id.encode("utf-8", "surrogatepass")


def _parse_state(text: str) -> PartialLine:
    names, attempts, unknown_attempts = json.loads(text)
    return PartialLine(None if names is None else frozenset(names), attempts, unknown_attempts)


def load_results_index(path: Path, *, retry_failed: bool = False) -> tuple[ResultsIndex, int]:
    """Return the index of a results file, and the bytes of its whole records.

    A run that was killed can leave an incomplete last record, which does not count.

    Raises `OSError` where the file cannot be read, and `ResultsError` where a line is not a result.
    """
    length = 0
    with ExitStack() as stack:
        index = stack.enter_context(ResultsIndex())
        for record in _read_records(path, retry_failed=retry_failed):
            index.add(record)
            length += record.size
        # The caller closes an index that was read whole; one that was not is closed here.
        stack.pop_all()
    return index, length


def _read_records(path: Path, *, retry_failed: bool) -> Iterator[ResultsRecord]:
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
    number, earlier, digest = (record.get(key) for key in ("line", "was", "hash"))
    if not _is_line_number(number) or not isinstance(record.get("status"), str):
        raise ResultsError(f"{location} is not a result of dkit deliver")
    results = [as_object(result) for result in as_array(record.get("results"))]
    return ResultsRecord(
        line_number=number,
        earlier_number=earlier if _is_line_number(earlier) else None,
        digest=digest if isinstance(digest, str) else None,
        message_id=read_id(record, "messageId"),
        size=len(line),
        partial=_parse_partial(record, results, retry_failed=retry_failed),
        failed=_names(result for result in results if result.get("status") == "failed"),
        delivered=_names(result for result in results if result.get("status") == "delivered"),
    )


def _parse_partial(
    record: JsonObject, results: Sequence[JsonObject], *, retry_failed: bool
) -> PartialLine | None:
    status = record.get("status")
    if status not in ("open", "failed"):
        return None
    failed = [result for result in results if result.get("status") == "failed"]
    # A line without results is an invalid one. A person may have mended it since.
    open_names = frozenset(map(str, as_array(record.get("open")))) or (_names(failed) or None)
    if retry_failed:
        open_names = _names(failed) or None
    elif status == "failed":
        open_names = _names(result for result in failed if result.get("retryable"))
        if not open_names:
            return None
    attempts, unknown = record.get("tries", 1), record.get("unknownTries", 0)
    counts = (count if _is_integer(count) else 0 for count in (attempts, unknown))
    return PartialLine(open_names, *counts)


def _names(results: Iterable[JsonObject]) -> frozenset[str]:
    return frozenset(str(result.get("subscription")) for result in results)


def _is_line_number(value: Json) -> TypeGuard[int]:
    return _is_integer(value) and 0 < value < _MAX_LINE_NUMBER


def _is_integer(value: Json) -> TypeGuard[int]:
    # In Python `True` is an `int`. A record with `"line": true` would otherwise count as line 1.
    return isinstance(value, int) and not isinstance(value, bool)
