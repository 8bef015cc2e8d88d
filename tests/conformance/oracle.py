"""The reference under Node: installed once from the pinned packages, then run as a filter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "conformance"
_PINS = ("package.json", "package-lock.json")


class UnavailableError(Exception):
    """The reference cannot be run here; the message says what to do."""


def command() -> list[str]:
    """Return the command line of the oracle. Packages that are missing are installed first."""
    node = shutil.which("node")
    if node is None:
        raise UnavailableError(
            "Comparing with the reference needs Node 20 or newer, and there is no `node` on PATH. "
            "The recorded answers do without it: pytest tests/conformance"
        )
    if "ORACLE_MODULES" not in os.environ:
        _install()
    return [node, str(HERE / "oracle.mjs")]


def environment() -> dict[str, str]:
    """Return the environment for the oracle: ORACLE_MODULES names another `node_modules`."""
    return {"ORACLE_MODULES": str(CACHE / "node_modules"), **os.environ}


def ask(requests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the reference's answer to each request."""
    lines = "".join(json.dumps(each) + "\n" for each in requests)
    done = subprocess.run(
        command(), env=environment(), input=lines, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _install() -> None:
    pins = {name: (HERE / name).read_text(encoding="utf-8") for name in _PINS}
    stamp = CACHE / "installed.json"
    if stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8")) == pins:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError(
            "Installing the reference needs `npm`, which is not on PATH; ORACLE_MODULES may name "
            "a `node_modules` that has it already."
        )
    CACHE.mkdir(parents=True, exist_ok=True)
    for name, text in pins.items():
        (CACHE / name).write_text(text, encoding="utf-8")
    if subprocess.run(
        [npm, "ci", "--ignore-scripts", "--silent"], cwd=CACHE, check=False
    ).returncode:
        raise UnavailableError(f"`npm ci` failed in {CACHE}; is there a way to a package registry?")
    stamp.write_text(json.dumps(pins), encoding="utf-8")
