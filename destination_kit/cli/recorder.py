"""Recorder: writes the outcomes of a run to files of results and dead letters."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from destination_kit.cli.documents import error_reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.rendering import json_default
from destination_kit.delivery import Outcome, create_dead_letter, result_record

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.cli.summary import DeliveryCounts, FailureReasons, ProgressLine


WriteRecord: TypeAlias = "Callable[[JsonObject], None]"
#: Mode of a file that holds events, which are personal data.
OWNER_ONLY: Final = 0o600
#: Mode of any other new file; the umask takes its share away.
DEFAULT_MODE: Final = 0o666
#: Keep every complete line of an existing file.
WHOLE_LINES: Final = -1
_BLOCK_BYTES = 65_536


@contextmanager
def open_record_file(
    path: str | None, *, mode: int = DEFAULT_MODE, keep: int | None = None, remedy: str
) -> Iterator[WriteRecord]:
    """Open a file of JSON lines; yield the function that appends a record.

    The file must be new, unless `keep` says how many bytes of an existing one stay: a number, or
    `WHOLE_LINES`. The rest is cut off, since a killed run can leave an incomplete last line.
    Without a path the function does nothing.

    Raises `UsageError` where the file exists or cannot be written; `remedy` is what else a person
    can do with the existing file.
    """
    if path is None:
        yield lambda _: None
        return
    try:
        descriptor = _open_descriptor(path, mode, keep)
    except FileExistsError:
        raise UsageError(f"{path} exists: name another file, or {remedy}") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error_reason(error)}") from None
    # With a buffer, a kill would lose the last records, and a full disk would raise only when the
    # file closes.
    with os.fdopen(descriptor, "wb", buffering=0) as file:

        def write(record: JsonObject) -> None:
            # An unbuffered write may take only a part of the bytes (`io.RawIOBase.write`). The rest
            # would be lost, and the file would end in half a record.
            remaining = memoryview(json.dumps(record, default=json_default).encode() + b"\n")
            while remaining:
                remaining = remaining[file.write(remaining) :]

        yield write


def _open_descriptor(path: str, mode: int, keep: int | None) -> int:
    must_be_new = os.O_EXCL if keep is None else 0
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | must_be_new, mode)
    if keep is not None:
        os.ftruncate(descriptor, _end_of_lines(descriptor) if keep == WHOLE_LINES else keep)
    if mode == OWNER_ONLY:
        # `os.open` ignores the mode if the file exists (open(2)). A resumed run would otherwise add
        # events to a file that others can read.
        os.fchmod(descriptor, mode)
    return descriptor


def _end_of_lines(descriptor: int) -> int:
    """Return the position after the last line break of a file."""
    end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - _BLOCK_BYTES)
        line_break = os.pread(descriptor, end - start, start).rfind(b"\n")
        if line_break >= 0:
            return start + line_break + 1
        end = start
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """`OutcomeListener` of `dkit deliver`: writes records, counts outcomes and shows progress."""

    counts: DeliveryCounts
    reasons: FailureReasons
    progress: ProgressLine
    write_result: WriteRecord
    write_dead_letter: WriteRecord
    #: Whether results are written, so that a later run can resume this one.
    is_resumable: bool

    def on_outcome(self, outcome: Outcome) -> None:
        """Record the outcome of a line.

        What a resumed run sends again becomes a dead letter only where no later run can resume.
        """
        self.counts.add(outcome)
        self.reasons.add(outcome)
        # A resumed run skips a line that has a result. If the result came first, a kill between the
        # two would lose the dead letter.
        dead = outcome.dead_results(is_resumable=self.is_resumable)
        if dead or outcome.invalid_line:
            self.write_dead_letter(create_dead_letter(outcome, dead))
        # An interrupted event that the partner cannot have gets no record. A resumed run sends the
        # whole event where it finds none.
        if outcome.may_be_delivered or outcome.is_parked or not outcome.is_interrupted:
            self.write_result(result_record(outcome))
        self.progress.show(self.counts)

    def on_retry_wait(self, code: str, change: int) -> None:
        """Show how many events wait for a retry, by the error code that they wait for."""
        self.counts.waiting[code] += change
        self.progress.show(self.counts)
