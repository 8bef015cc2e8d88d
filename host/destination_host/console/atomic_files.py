"""Files that are replaced whole: a reader sees the old text or the new one, also after a crash."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import mkstemp


def replace_file(path: Path, text: str, *, mode: int | None = None) -> None:
    """Put a text in the place of a file; it keeps its mode unless one is given."""
    path = path.resolve()
    wanted = mode if mode is not None else _mode_of(path)
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), wanted)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777 if path.exists() else 0o644


def _sync_folder(folder: Path) -> None:
    # Without it, the new name may be lost with the power, and the old file is back.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
