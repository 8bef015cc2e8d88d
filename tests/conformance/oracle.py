"""The reference under Node: installed once from the pinned packages, then run as a filter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.conformance import wire

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "conformance"
_PINS = ("package.json", "package-lock.json")


class UnavailableError(Exception):
    """The reference cannot be run here; the message says what to do."""


def command() -> list[str]:
    """Return the command line of the oracle. Packages that are missing are installed first."""
    runtime = node()
    if "ORACLE_MODULES" not in os.environ:
        install(HERE, CACHE)
    return [runtime, str(HERE / "oracle.mjs")]


def node() -> str:
    """Return where Node is."""
    found = shutil.which("node")
    if found is None:
        raise UnavailableError(
            "Comparing with the reference needs Node 20 or newer, and there is no `node` on PATH. "
            "The recorded answers do without it: pytest tests/conformance"
        )
    return found


def modules() -> Path:
    """Return the folder of the reference's packages: ORACLE_MODULES names another one."""
    return Path(os.environ.get("ORACLE_MODULES", CACHE / "node_modules"))


def environment() -> dict[str, str]:
    """Return the environment for the oracle: Liquid writes some dates in the language set here."""
    return {**os.environ, "ORACLE_MODULES": str(modules()), "LC_ALL": "en_US.UTF-8"}


def ask(
    requests: Iterable[dict[str, Any]], by: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """Return the answer to each request, by the reference unless another command is named."""
    lines = "".join(json.dumps(each) + "\n" for each in requests)
    if not lines:
        return []
    done = subprocess.run(
        by or command(), env=environment(), input=lines, capture_output=True, text=True, check=True
    )
    return [wire.encode(wire.loads(line)) for line in done.stdout.splitlines()]


def install(home: Path, cache: Path) -> None:
    """Install the packages that a folder pins into a cache, unless they are there."""
    pins = {name: (home / name).read_text(encoding="utf-8") for name in _PINS}
    stamp = cache / "installed.json"
    if stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8")) == pins:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError(
            "Installing the reference needs `npm`, which is not on PATH; ORACLE_MODULES may name "
            "a `node_modules` that has it already."
        )
    cache.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(cache / "coverage", ignore_errors=True)
    for name, text in pins.items():
        (cache / name).write_text(text, encoding="utf-8")
    if subprocess.run(
        [npm, "ci", "--ignore-scripts", "--silent"], cwd=cache, check=False
    ).returncode:
        raise UnavailableError(f"`npm ci` failed in {cache}; is there a way to a package registry?")
    stamp.write_text(json.dumps(pins), encoding="utf-8")
