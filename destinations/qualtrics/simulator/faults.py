"""Which calls go wrong, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from destinations.qualtrics.simulator.config import Faults

SCRIPT_WORD = re.compile(r"ok|reset-(before|after)|[45]\d\d(-html)?(-late)?")
SERVER_ERRORS = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """A call that goes wrong: with a status, or else by a reset; `late` means after the work."""

    status: int | None
    html: bool = False
    late: bool = False


def scripted(word: str) -> Fault | None:
    """Return the fault that an entry of a script stands for; `ok` stands for none."""
    if word == "ok":
        return None
    if word.startswith("reset"):
        return Fault(None, late=word == "reset-after")
    return Fault(int(word[:3]), html="-html" in word, late="-late" in word)


def drawn(faults: Faults, chance: Random) -> Fault | None:
    """Return a fault as often as the shares say."""
    ticket = chance.random()
    for status, share in faults.statuses.items():
        ticket -= share
        if ticket < 0:
            return _status_fault(int(status), faults, chance)
    for share, late in ((faults.reset_before, False), (faults.reset_after, True)):
        ticket -= share
        if ticket < 0:
            return Fault(None, late=late)
    return None


def _status_fault(status: int, faults: Faults, chance: Random) -> Fault:
    if status < SERVER_ERRORS:
        return Fault(status)
    html, late = chance.random() < faults.html, chance.random() < faults.late
    return Fault(status, html=html, late=late)
