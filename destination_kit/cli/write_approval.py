"""Approval of writes by the person at the terminal."""

from __future__ import annotations

import asyncio
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from destination_kit.cli.errors import UsageError
from destination_kit.cli.rendering import replace_control_characters
from destination_kit.cli.terminal import is_terminal
from destination_kit.cli.writer import write_to_stderr
from destination_kit.verification.runner import SIGNALS

if TYPE_CHECKING:
    from destination_kit.verification import Check

_CHOICES = "[y]es, [n]o, all of this [c]heck, [a]ll"


@dataclass(slots=True)
class WriteApproval:
    """Asks before each write, until the person allows all of a check or of the run."""

    #: Whether every write is allowed.
    is_given: bool
    #: Names of the checks whose writes are all allowed, or all refused.
    _allowed: set[str] = field(default_factory=set)
    _refused: set[str] = field(default_factory=set)

    def ask(self, check: Check, call: str) -> bool:
        """Return whether a write of a check may leave.

        Raises `CancelledError` for Ctrl-C, as at any other time of the run.
        """
        if self.is_given or check.name in self._allowed:
            return True
        if check.name in self._refused:
            return False
        question = f"{check.name} writes {check.writes or 'to the partner'}. {call}? {_CHOICES}: "
        answer = _read_answer(question)
        self.is_given = answer == "a"
        if answer == "c":
            self._allowed.add(check.name)
        if answer not in {"y", "c", "a"}:
            self._refused.add(check.name)
        return answer in {"y", "c", "a"}


def may_write(arguments: Namespace, question: str, verb: str) -> bool:
    """Return whether `--yes` is given, or the person at the terminal answers a question with yes.

    Raises `UsageError` without a terminal; `verb` is what `--yes` does then.
    """
    if arguments.yes:
        return True
    if not is_terminal(sys.stdin):
        raise UsageError(f"there is no terminal to ask on: --yes {verb} without asking")
    write_to_stderr(replace_control_characters(f"{question}? [y]es, [n]o: "))
    # An end of the input is an empty line, and so a no.
    return sys.stdin.readline().strip().lower()[:1] == "y"


def _read_answer(question: str) -> str:
    try:
        with _interruptible():
            write_to_stderr(replace_control_characters(question))
            return sys.stdin.readline().strip().lower()[:1]
    except KeyboardInterrupt:
        raise asyncio.CancelledError from None


@contextmanager
def _interruptible() -> Iterator[None]:
    # The event loop takes the signal and acts on it later. A `readline` goes on after such a
    # signal, so Ctrl-C would have no effect before the next line.
    # The event loop hears of signals by this descriptor too, and would interrupt the removal as if a
    # second signal had come.
    descriptor = signal.set_wakeup_fd(-1)
    previous = {number: signal.signal(number, signal.default_int_handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(descriptor)
