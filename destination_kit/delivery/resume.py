"""Results index: what a results file says of each line, so that a run resumes."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, TypeAlias, TypeGuard

from destination_kit._event_ids import read_id
from destination_kit._json import as_array, as_object
from destination_kit.delivery.events import read_unknown
from destination_kit.delivery.record_tails import is_half_record, is_whole_record, read_lines
from destination_kit.delivery.temporary_database import open_temporary_database, raising

if TYPE_CHECKING:
    from pathlib import Path

    from destination_kit._json import Json, JsonObject
    from destination_kit.delivery.lines import Line

# SQLite's integers have 64 bits, and a larger number would raise.
_MAX_LINE_NUMBER: Final = 2**62
_DIGEST: Final = re.compile("[0-9a-f]{24}")
_STATUSES: Final = frozenset({"delivered", "failed", "open", "skipped"})
_FINISHED: Final = frozenset({"delivered", "skipped"})
_TABLES: Final = """
CREATE TABLE lines (id INTEGER PRIMARY KEY, hash TEXT, number INTEGER, message_id BLOB, key BLOB,
                    partial TEXT, failed TEXT);
CREATE INDEX by_hash ON lines (hash, number);
CREATE INDEX by_number ON lines (number);
"""
_PARTIAL_IDS: Final = (
    "CREATE INDEX IF NOT EXISTS by_id ON lines (message_id) WHERE partial IS NOT NULL"
)
# Most runs never need it: their lines are known by their text.
_KEYS: Final = "CREATE INDEX IF NOT EXISTS by_key ON lines (key)"


# The key in the index, the line's number in the earlier run, the partial line and the failed
# subscriptions, both as JSON.
_Row: TypeAlias = tuple[int, int, str | None, str | None]


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
    #: Subscription -> the job that is polled instead of submitting the event again.
    jobs: Mapping[str, Json] = field(default_factory=dict)
    #: Names of the subscriptions in which an attempt ended with an unknown outcome.
    unknown: frozenset[str] = frozenset()
    #: When the first attempt began, in ISO 8601; None where that was not recorded.
    received_at: str | None = None


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
            key = _encode(event_key(record.message_id, record.only))
            row = (record.digest, record.line_number, message_id, key, *record.state)
            if earlier is None:
                insert = (
                    "INSERT INTO lines (hash, number, message_id, key, partial, failed)"
                    " VALUES (?, ?, ?, ?, ?, ?)"
                )
                self._database.execute(insert, row)
            else:
                update = (
                    "UPDATE lines SET hash = ?, number = ?, message_id = ?, key = ?, partial = ?,"
                    " failed = ? WHERE id = ?"
                )
                self._database.execute(update, (*row, earlier[0]))
            was_final = earlier is not None and earlier[1] is None
            self._count += (record.partial is None) - was_final
            if record.partial:
                self._has_partial_lines = True
            elif self._has_partial_lines:
                self._complete_repeated(message_id, record.finished)

    def _complete_repeated(self, message_id: bytes | None, finished: frozenset[str]) -> None:
        """Complete the partial lines whose event a later line has delivered or skipped."""
        self._database.execute(_PARTIAL_IDS)
        rows = self._database.execute(
            "SELECT id, partial FROM lines WHERE message_id = ? AND partial IS NOT NULL",
            (message_id,),
        ).fetchall()
        for row_id, text in rows:
            names = _parse_state(text).open_subscriptions
            if names and names <= finished:
                self._database.execute("UPDATE lines SET partial = NULL WHERE id = ?", (row_id,))
                self._count += 1

    def holds(self, line: Line) -> bool:
        """Return whether a line with this text is recorded."""
        query = "SELECT 1 FROM lines WHERE hash = ? LIMIT 1"
        return self._database.execute(query, (line.digest,)).fetchone() is not None

    def holds_event(self, key: str) -> bool:
        """Return whether a line with this `event_key` is recorded."""
        self._database.execute(_KEYS)
        query = "SELECT 1 FROM lines WHERE key = ? LIMIT 1"
        return self._database.execute(query, (_encode(key),)).fetchone() is not None

    def take(self, line: Line, key: str | None) -> KnownLine | None:
        """Return what an earlier run has recorded of a line, None for a new one.

        Each record counts for one line. A line is known by its text, else by its `event_key`, since
        a person may have mended the event, or another program written the file anew.

        Raises `EventMismatchError` where its number belongs to another event and no line of the
        stream is known so far.
        """
        with raising(ResultsIndexError):
            row = self._find(line, key)
            if row is None:
                self.check_event(line, key)
                return None
            row_id, number, partial, failed = row
            self._database.execute("DELETE FROM lines WHERE id = ?", (row_id,))
        self.is_of_this_stream = True
        return KnownLine(
            number,
            _parse_state(partial) if partial else None,
            frozenset(json.loads(failed)) if failed else frozenset(),
        )

    def _find(self, line: Line, key: str | None) -> _Row | None:
        found = self._find_by_text(line) or (self._find_by_key(line, key) if key else None)
        return found or self._find_without_hash(line)

    def _find_by_text(self, line: Line) -> _Row | None:
        query = (
            "SELECT id, number, partial, failed FROM lines WHERE hash = ?"
            " ORDER BY number <> ?, id LIMIT 1"
        )
        found: _Row | None = self._database.execute(query, (line.digest, line.number)).fetchone()
        return found

    def _find_by_key(self, line: Line, key: str) -> _Row | None:
        """Return the record of the event: of several that of the number, else the first."""
        self._database.execute(_KEYS)
        query = (
            "SELECT id, number, partial, failed FROM lines WHERE key = ?"
            " ORDER BY number <> ?, id LIMIT 1"
        )
        found: _Row | None = self._database.execute(query, (_encode(key), line.number)).fetchone()
        return found

    def _find_without_hash(self, line: Line) -> _Row | None:
        """Return the record of the line's number, where a version without hashes wrote it."""
        query = (
            "SELECT id, number, partial, failed FROM lines WHERE number = ? AND hash IS NULL"
            " AND message_id IS NULL LIMIT 1"
        )
        found: _Row | None = self._database.execute(query, (line.number,)).fetchone()
        return found

    def check_event(self, line: Line, key: str | None) -> None:
        """Raise `EventMismatchError` where the number of an unknown line belongs to another event.

        A line of the stream that is known shows that the results belong to it; then none is raised.
        """
        if self.is_of_this_stream or not key:
            return
        message_id = key.partition("\0")[0]
        query = "SELECT message_id FROM lines WHERE number = ? AND message_id IS NOT NULL LIMIT 1"
        rows = self._database.execute(query, (line.number,)).fetchall()
        for (known,) in rows:
            if known != _encode(message_id):
                raise EventMismatchError(line.number, message_id, known.decode(errors="replace"))


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
    #: Names of the subscriptions that a dead letter named; empty for an event.
    only: frozenset[str]
    #: What a resumed run sends of the line; None if the result is final.
    partial: PartialLine | None
    #: Names of the subscriptions in which the event failed.
    failed: frozenset[str]
    #: Names of the subscriptions that received the event, or skipped it.
    finished: frozenset[str]

    @property
    def state(self) -> tuple[str | None, str | None]:
        """What the index keeps of it: the partial line and the failed subscriptions, as JSON."""
        failed = json.dumps(sorted(self.failed)) if self.failed else None
        if self.partial is None:
            return None, failed
        names = self.partial.open_subscriptions
        counts = (self.partial.attempts, self.partial.unknown_attempts)
        opened = None if names is None else sorted(names)
        left = (self.partial.jobs, sorted(self.partial.unknown), self.partial.received_at)
        return json.dumps([opened, *counts, *left]), failed


def event_key(message_id: str | None, only: Collection[str] | None) -> str | None:
    """Return the key of an event for some subscriptions, None for all; None without a `messageId`.

    Lines with the same key hold the same event. Two dead letters of an event go to different
    subscriptions, so each has a key of its own.
    """
    return "\0".join((message_id, *sorted(only or ()))) if message_id else None


def _encode(message_id: str | None) -> bytes | None:
    # JSON may hold lone surrogates (RFC 8259, section 8.2), which plain UTF-8 cannot encode.
    return None if message_id is None else message_id.encode("utf-8", "surrogatepass")


def _parse_state(text: str) -> PartialLine:
    names, attempts, unknown_attempts, jobs, unknown, received_at = json.loads(text)
    opened = None if names is None else frozenset(names)
    return PartialLine(opened, attempts, unknown_attempts, jobs, frozenset(unknown), received_at)


def load_results_index(path: Path, *, retry_failed: bool = False) -> tuple[ResultsIndex, int]:
    """Return the index of a results file, and the bytes of its whole records.

    A run that was killed can leave an incomplete last record, which does not count. A whole one
    counts also where its line break is missing: write that before the next record. Blank lines do
    no harm.

    Raises `OSError` where the file cannot be read, and `ResultsError` where a line is not a result.
    """
    length = 0
    with ExitStack() as stack:
        index = stack.enter_context(ResultsIndex())
        for line, location in _read_records(path):
            if line.strip():
                index.add(_parse_record(line, location, retry_failed=retry_failed))
            length += len(line)
        # The caller closes an index that was read whole; one that was not is closed here.
        stack.pop_all()
    return index, length


def _read_records(path: Path) -> Iterator[tuple[bytes, str]]:
    """Yield the lines of a results file with their places; without half a record at its end."""
    with path.open("rb") as file:
        for number, line in enumerate(read_lines(file), 1):
            if line.endswith(b"\n") or is_whole_record(line) or not is_half_record(line):
                yield line, f"{path}, line {number}"


def _parse_record(line: bytes, location: str, *, retry_failed: bool) -> ResultsRecord:
    try:
        record = as_object(json.loads(line))
    except (ValueError, RecursionError):
        record = {}
    number, earlier, digest = (record.get(key) for key in ("line", "was", "hash"))
    # Other programs write a `line` and a `status`, too.
    is_ours = isinstance(record.get("results"), list) or digest is not None
    is_result = is_ours and str(record.get("status")) in _STATUSES and _is_digest(digest)
    if not _is_line_number(number) or not is_result:
        raise ResultsError(f"{location} is not a result of dkit deliver")
    results = [as_object(result) for result in as_array(record.get("results"))]
    return ResultsRecord(
        line_number=number,
        earlier_number=earlier if _is_line_number(earlier) else None,
        digest=digest if isinstance(digest, str) else None,
        message_id=read_id(record, "messageId"),
        only=frozenset(map(str, as_array(record.get("only")))),
        partial=_parse_partial(record, results, retry_failed=retry_failed),
        failed=_names(result for result in results if result.get("status") == "failed"),
        finished=_names(result for result in results if result.get("status") in _FINISHED),
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
    tries, unknown_tries = (count if _is_line_number(count) else 0 for count in (attempts, unknown))
    jobs = {str(item.get("subscription")): item["job"] for item in failed if "job" in item}
    received_at = record.get("receivedAt")
    return PartialLine(
        open_names,
        tries,
        unknown_tries,
        jobs,
        read_unknown(failed),
        received_at if isinstance(received_at, str) else None,
    )


def _names(results: Iterable[JsonObject]) -> frozenset[str]:
    return frozenset(str(result.get("subscription")) for result in results)


def _is_line_number(value: Json) -> TypeGuard[int]:
    # In Python `True` is an `int`. A record with `"line": true` would otherwise count as line 1.
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MAX_LINE_NUMBER


def _is_digest(value: Json) -> bool:
    # Records of versions that wrote no hash have none.
    return value is None or (isinstance(value, str) and _DIGEST.fullmatch(value) is not None)
