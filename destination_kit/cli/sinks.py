"""Files that grow by a JSON line as each result becomes final."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from destination_kit.cli.documents import reason
from destination_kit.cli.misuse import Misuse
from destination_kit.cli.output import plain

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

Write: TypeAlias = "Callable[[JsonObject], None]"
OWNER_ONLY = 0o600
ANYBODY = 0o666  # less what the umask takes away
_BLOCK = 65_536


@contextmanager
def open_sink(
    path: str | None, *, mode: int = ANYBODY, keep: int | None = None, remedy: str
) -> Iterator[Write]:
    """Give the function that adds a record to a file, on the disk when it returns.

    The file is new; with `keep` it goes on after so many bytes of an old one, -1 for all its whole
    lines: what a killed run left torn is cut off.
    Without a path records go nowhere. `remedy` is what to do where a new file is there already.
    """
    if path is None:
        yield lambda _: None
        return
    try:
        descriptor = _descriptor(path, mode, keep)
    except FileExistsError:
        raise Misuse(f"{path} exists: name another file, or {remedy}") from None
    except OSError as error:
        raise Misuse(f"cannot write {path}: {reason(error)}") from None
    # Without a buffer nothing is left to be written when the disk is full and the file is closed.
    with os.fdopen(descriptor, "wb", buffering=0) as file:

        def write(record: JsonObject) -> None:
            rest = memoryview(json.dumps(record, default=plain).encode() + b"\n")
            while rest:
                rest = rest[file.write(rest) :]

        yield write


def _descriptor(path: str, mode: int, keep: int | None) -> int:
    new = os.O_EXCL if keep is None else 0
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | new, mode)
    if keep is not None:
        os.ftruncate(descriptor, keep if keep >= 0 else _whole_lines(descriptor))
    if mode == OWNER_ONLY:
        os.fchmod(descriptor, mode)
    return descriptor


def _whole_lines(descriptor: int) -> int:
    """Return how many bytes of a file end with a line's end."""
    end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - _BLOCK)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
