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


@contextmanager
def open_sink(path: str | None, *, mode: int = ANYBODY, keep: int | None = None) -> Iterator[Write]:
    """Give the function that adds a record to a file, on the disk when it returns.

    The file is new; with `keep` it goes on after so many bytes of an old one, -1 for all of it.
    Without a path records go nowhere.
    """
    if path is None:
        yield lambda _: None
        return
    with os.fdopen(_descriptor(path, mode, keep), "wb") as file:

        def write(record: JsonObject) -> None:
            file.write(json.dumps(record, default=plain).encode() + b"\n")
            file.flush()

        yield write


def _descriptor(path: str, mode: int, keep: int | None) -> int:
    new = os.O_EXCL if keep is None else 0
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | new, mode)
    except FileExistsError:
        raise Misuse(f"{path} exists: name another file, or go on after it with --resume") from None
    except OSError as error:
        raise Misuse(f"cannot write {path}: {reason(error)}") from None
    if keep is not None and keep >= 0:
        os.ftruncate(descriptor, keep)
    if mode == OWNER_ONLY:
        os.fchmod(descriptor, mode)
    return descriptor
