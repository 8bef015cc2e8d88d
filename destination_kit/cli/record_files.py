"""Record files of a run: JSON lines of results and of dead letters, locked while a run writes them."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from destination_kit.cli.documents import error_reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.rendering import json_default
from destination_kit.delivery.record_tails import MAX_RECORD_BYTES, is_whole_record

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

#: Mode of a file that holds events, which are personal data.
OWNER_ONLY: Final = 0o600
#: Mode of any other new file; the umask takes its share away.
DEFAULT_MODE: Final = 0o666
#: Suffixes of files of events. `events.2024` and `events.2025` would share their records if any
#: suffix were taken off.
_EVENT_SUFFIXES: Final = (".jsonl", ".ndjson", ".json")
_BLOCK_BYTES: Final = 65_536
_MAX_SUGGESTIONS: Final = 1_000
_ELSEWHERE: Final = "name a file that can be written, with --results FILE and --dead-letters FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPaths:
    """The files that a run writes, as a person types them."""

    results: str
    dead_letters: str

    def __iter__(self) -> Iterator[str]:
        return iter((self.results, self.dead_letters))


def default_record_paths(events: Sequence[str], number: int = 1) -> RecordPaths | None:
    """Return the record files beside a file of events, or their further names with a number.

    Several files of events, standard input, and pipes have none.
    """
    if len(events) != 1 or events[0] == "-" or _is_device(events[0]):
        return None
    stem = events[0].removesuffix(".gz")
    for suffix in _EVENT_SUFFIXES:
        stem = stem.removesuffix(suffix)
    tail = ".jsonl" if number == 1 else f"-{number}.jsonl"
    return RecordPaths(results=f"{stem}.results{tail}", dead_letters=f"{stem}.dead-letters{tail}")


def unused_record_paths(events: Sequence[str]) -> RecordPaths | None:
    """Return record files beside a file of events that do not exist yet."""
    candidates = (default_record_paths(events, number) for number in range(2, _MAX_SUGGESTIONS))
    return next((paths for paths in candidates if paths and not existing_files(paths)), None)


def existing_files(paths: RecordPaths) -> list[str]:
    """Return those of the record files that exist; devices such as `/dev/null` do not count.

    Raises `UsageError` where one of them is a folder, or another run writes it.
    """
    found = [path for path in paths if os.path.lexists(path) and not _is_device(path)]
    for path in found:
        if Path(path).is_dir():
            raise UsageError(f"{path} is a folder: {_ELSEWHERE}")
        check_unused(path)
    return found


def check_distinct(paths: RecordPaths, inputs: Sequence[str]) -> None:
    """Raise `UsageError` where a record file is the other one, or a file that the run reads."""
    if not _is_device(paths.results) and _is_same_file(paths.results, paths.dead_letters):
        raise UsageError(f"{paths.results} cannot hold both results and dead letters")
    for path in paths:
        for source in inputs:
            if source != "-" and not _is_device(path) and _is_same_file(path, source):
                raise UsageError(f"{path} is a file that the run reads: {_ELSEWHERE}")


def check_writable(path: str) -> None:
    """Raise `UsageError` where a file cannot be created, before any other file is."""
    folder = Path(path).parent
    if _is_device(path) or (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return
    reason = "the folder cannot be written" if folder.is_dir() else f"there is no folder {folder}"
    raise UsageError(f"cannot write {path}: {reason}; {_ELSEWHERE}")


def check_unused(path: str) -> None:
    """Raise `UsageError` where a run of `dkit deliver` writes this file."""
    # A pipe that is opened and closed again is broken for the program that writes it.
    if _is_device(path):
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return  # whoever uses the file finds the reason
    try:
        _lock(descriptor, path, is_shared=True)
    finally:
        os.close(descriptor)


class RecordFile:
    """A file of JSON lines that one process at a time appends to."""

    def __init__(self, path: str, descriptor: int, *, is_new: bool) -> None:
        #: The path as a person typed it.
        self.path = path
        #: The number of records that were written.
        self.count = 0
        #: Whether a later run can read the records; a device or pipe keeps none.
        self.is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._descriptor = descriptor
        self._is_new = is_new
        self._size = os.fstat(descriptor).st_size

    def write(self, record: JsonObject) -> None:
        """Append a record. Raises `OSError`; the file then ends with its last whole record."""
        # An unbuffered write may take only a part of the bytes (write(2)). The rest would be lost,
        # and the file would end in half a record.
        line = _encode(record) + b"\n"
        remaining = memoryview(line)
        try:
            self._check_linked()
            while remaining:
                remaining = remaining[os.write(self._descriptor, remaining) :]
        except OSError as error:
            with suppress(OSError):
                self.keep(self._size)
            raise OSError(error.errno, error.strerror, self.path) from None
        self._size += len(line)
        self.count += 1

    def _check_linked(self) -> None:
        """Raise `OSError` where the file was removed, so that no later run could read a record."""
        if self.is_regular and not os.fstat(self._descriptor).st_nlink:
            raise FileNotFoundError(errno.ENOENT, "it was removed during the run")

    @property
    def is_empty(self) -> bool:
        """Whether the file has no record, from earlier runs neither."""
        return not self._size and not self.count

    def keep(self, size: int) -> None:
        """Cut off what stands after `size` bytes, and end the last record with a line break."""
        if not self.is_regular:
            return
        if size != os.fstat(self._descriptor).st_size:
            os.ftruncate(self._descriptor, size)
        self._size = size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            self._size += os.write(self._descriptor, b"\n")

    def keep_whole_lines(self) -> None:
        """Cut off half a record at the end, which a killed run can leave."""
        if self.is_regular:
            end, tail = _read_tail(self._descriptor)
            self.keep(end + len(tail) if is_whole_record(tail) else end)

    def sync(self) -> None:
        """Write the records to the disk. Raises `OSError`.

        Without it, they are lost where the machine loses its power within some seconds.
        """
        if self.is_regular and self.count:
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                raise OSError(error.errno, error.strerror, self.path) from None

    def close(self, *, remove_if_empty: bool = False) -> None:
        """Release the lock; remove a file that this process created and left empty, if wanted."""
        if remove_if_empty and self._is_new and self.is_regular and not self._size:
            with suppress(OSError):
                Path(self.path).unlink()
        os.close(self._descriptor)


@contextmanager
def open_record_file(
    path: str,
    *,
    mode: int = DEFAULT_MODE,
    may_exist: bool = False,
    must_exist: bool = False,
    is_optional: bool = False,
) -> Iterator[RecordFile]:
    """Open a record file for this process alone.

    The file must be new, unless `may_exist`; with `must_exist` it is not created. A new file that
    stays empty is removed where an exception ends the block, and always where it `is_optional`.

    Raises `UsageError` where the file cannot be opened, or another process writes it.
    """
    if must_exist and _is_device(path):
        raise UsageError(f"{path} is a device or a pipe, which keeps no results of an earlier run")
    try:
        descriptor, is_new = _open_descriptor(
            path, mode, may_exist=may_exist, must_exist=must_exist
        )
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UsageError(f"{path} is a link: name the file itself") from None
        verb = "read" if must_exist else "write"
        step = "" if must_exist else f"; {_ELSEWHERE}"
        raise UsageError(f"cannot {verb} {path}: {error_reason(error)}{step}") from None
    file = RecordFile(path, descriptor, is_new=is_new)
    remove_if_empty = True
    try:
        _lock(descriptor, path)
        if mode == OWNER_ONLY and file.is_regular:
            # `os.open` ignores the mode if the file exists (open(2)). A resumed run would otherwise
            # add events to a file that others can read.
            os.fchmod(descriptor, mode)
        yield file
        remove_if_empty = is_optional
    finally:
        file.close(remove_if_empty=remove_if_empty)


def _encode(record: JsonObject) -> bytes:
    # As escapes, the letters of most languages would take three times the bytes, and a dead letter
    # could become too long to be read.
    text = json.dumps(record, ensure_ascii=False, default=json_default)
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON holds as an escape only
        return json.dumps(record, default=json_default).encode()


def _open_descriptor(
    path: str, mode: int, *, may_exist: bool, must_exist: bool
) -> tuple[int, bool]:
    """Return the descriptor of a file, and whether it was created."""
    # A link could lead to a file that is none of ours. A device such as `/dev/stdout` may be one.
    # A pipe that this process could read, too, would never end for want of a reader.
    access = os.O_WRONLY if _is_device(path) else os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
    flags = access | os.O_APPEND
    if not must_exist:
        try:
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, mode), True
        except FileExistsError:
            if not may_exist and not _is_device(path):
                raise
    return os.open(path, flags), False


def _lock(descriptor: int, path: str, *, is_shared: bool = False) -> None:
    # The kernel releases the lock when the process ends, also after `kill -9`. It belongs to the
    # file, so that a link or another spelling of the path does not get around it.
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        return
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return
    kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"{path} is being written by {_find_holder(descriptor)}: wait until that run ends,"
            " or stop it"
        ) from None
    except OSError:
        pass  # some network file systems have no locks


def _find_holder(descriptor: int) -> str:
    """Return the process that locks a file, where Linux names it."""
    inode = str(os.fstat(descriptor).st_ino)
    try:
        locks = Path("/proc/locks").read_text(encoding="utf-8").splitlines()
    except OSError:
        locks = []
    # A line such as `1: FLOCK ADVISORY WRITE 4242 fd:01:1234567 0 EOF` ends with the process, the
    # device and inode, and the range (proc(5)).
    holders = {
        process
        for _, kind, *_, process, file, _, _ in map(str.split, locks)
        if kind == "FLOCK" and file.rpartition(":")[2] == inode
    }
    # A process of another container has the id 0.
    known = holders - {"0", "-1"}
    return f"another dkit deliver (process {known.pop()})" if known else "another dkit deliver"


def _is_device(path: str) -> bool:
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _is_same_file(path: str, other: str) -> bool:
    try:
        return Path(path).samefile(other)
    except OSError:  # one of them does not exist yet, or is a link to itself
        return os.path.realpath(path) == os.path.realpath(other)


def read_tail(path: str) -> bytes:
    """Return what stands after the last line break of a file."""
    with Path(path).open("rb") as file:
        return _read_tail(file.fileno())[1]


def _read_tail(descriptor: int) -> tuple[int, bytes]:
    """Return the position after the last line break of a file, and the start of what stands there."""
    start = end = os.fstat(descriptor).st_size
    line_break = -1
    while start and line_break < 0:
        stop, start = start, max(0, start - _BLOCK_BYTES)
        line_break = os.pread(descriptor, stop - start, start).rfind(b"\n")
    start += line_break + 1
    return start, os.pread(descriptor, min(end - start, MAX_RECORD_BYTES), start)
