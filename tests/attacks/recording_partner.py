"""A partner that records what it received in a file, and a child process that delivers to it.

The child can fail where a machine fails: a call of the operating system kills it, or raises.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.kit.dkit import ERRORS, PARTNER, dkit

_ROOT = Path(__file__).parents[2]


def recording_partner(received: Path, removed: str = ""):
    """Return a partner that appends the room and the word of each event to a file.

    The word `die` kills the process, and `remove` removes the file of this name.
    """

    async def perform(_context, payload):
        word = payload["word"]
        if word in ERRORS:
            make_error = ERRORS[word]
            raise make_error()
        with received.open("a", encoding="utf-8", errors="surrogatepass") as file:
            file.write(f"{payload['room']} {word}\n")
        if word == "remove":
            received.with_name(removed).unlink()
        if word.startswith("die"):
            os.kill(os.getpid(), signal.SIGKILL)
        return {"said": word}

    say = replace(PARTNER.actions["say"], perform=perform)
    return replace(PARTNER, actions={**PARTNER.actions, "say": say})


def run_child(received: Path, fault: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `dkit` in a process of its own, with a fault such as `write d.jsonl 2 kill`."""
    return subprocess.run(
        [sys.executable, "-m", __name__, str(received), fault, *map(str, arguments)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


def _inject(call: str, name: str, count: str, effect: str) -> None:
    """Let the call with this count, on the file of this name, kill the process or raise."""
    original: Callable[..., Any] = getattr(os, call)
    calls = 0

    def failing(descriptor: int, *arguments: Any) -> Any:
        nonlocal calls
        try:
            is_meant = Path(f"/proc/self/fd/{descriptor}").readlink().name.startswith(name)
        except OSError:
            is_meant = False
        calls += is_meant
        if not is_meant or calls != int(count):
            return original(descriptor, *arguments)
        return _EFFECTS[effect](
            lambda data=None: original(descriptor, *(data or arguments)), arguments
        )

    setattr(os, call, failing)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_before(_call, _arguments):
    _kill()


def _kill_after(call, _arguments):
    call()
    _kill()


def _kill_half(call, arguments):
    call((arguments[0][: len(arguments[0]) // 2],))
    _kill()


def _raise(number: int):
    def raising(_call, _arguments):
        raise OSError(number, os.strerror(number))

    return raising


_EFFECTS: dict[str, Callable[..., Any]] = {
    "before": _kill_before,
    "after": _kill_after,
    "half": _kill_half,
    "full": _raise(errno.ENOSPC),
    "broken": _raise(errno.EIO),
}


def main(arguments: Sequence[str]) -> int:
    """Run `dkit` with these arguments, after a path and a fault."""
    received, fault, *rest = arguments
    call, _, details = fault.partition(" ")
    if fault and call != "remove":
        _inject(call, *details.split())
    partner = recording_partner(Path(received), details)
    ran = dkit(*rest, destinations=(partner,))
    sys.stdout.write(ran.out)
    sys.stderr.write(ran.err)
    return ran.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
