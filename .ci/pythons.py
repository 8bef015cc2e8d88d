"""Print `VERSION PATH` of one interpreter for each other Python from 3.11 on that is installed."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = re.compile(r"python3(\.\d+)?")
DESCRIBE = """
import ensurepip, sys, sysconfig, venv
version = sys.version_info
if version >= (3, 11) and version.releaselevel == "final" and sys.implementation.name == "cpython":
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        print(*version[:3])
"""


def find_candidates() -> Iterator[Path]:
    """Yield what may be a Python: on the path, and where pyenv and uv keep theirs."""
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    folders = [
        *map(Path, os.environ.get("PATH", "").split(os.pathsep)),
        *pyenv.glob("versions/*/bin"),
        *(home / ".local/share/uv/python").glob("*/bin"),
    ]
    for folder in folders:
        for path in sorted(folder.glob("python3*")):
            if NAME.fullmatch(path.name):
                yield path


def read_version(path: Path) -> tuple[int, ...]:
    """Return the version of an interpreter; none for one that is too old or does not run."""
    # On the path, pyenv has a file for each version, which fails for one that is not selected.
    command = [str(path), "-I", "-c", DESCRIBE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 - these are Pythons of this machine
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(map(int, done.stdout.split()))


def find_pythons() -> dict[tuple[int, ...], tuple[tuple[int, ...], Path]]:
    """Return minor version -> the newest interpreter of it, without this one's."""
    newest: dict[tuple[int, ...], tuple[tuple[int, ...], Path]] = {}
    for path in dict.fromkeys(find_candidates()):
        version = read_version(path)
        if version and version[:2] != sys.version_info[:2]:
            minor = version[:2]
            newest[minor] = max(newest.get(minor, (version, path)), (version, path))
    return newest


if __name__ == "__main__":
    for _, (version, path) in sorted(find_pythons().items()):
        sys.stdout.write(f"{'.'.join(map(str, version))} {path}\n")
