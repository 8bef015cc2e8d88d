"""Fault injection: error statuses and connection resets, by script or at random."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.responses import FIRST_SERVER_ERROR

if TYPE_CHECKING:
    from random import Random

    from destinations.qualtrics.simulator.config import FaultSettings

#: An entry of `faults.script`.
SCRIPT_ENTRY = re.compile(r"ok|reset-(before|after)|[45]\d\d(-html)?(-late)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """An injected fault: an error status or a connection reset."""

    #: The HTTP status; None resets the connection.
    status: int | None
    #: Whether the response is a gateway's HTML page.
    has_html_body: bool = False
    #: Whether the fault comes after the request took effect.
    is_late: bool = False


def parse_fault(entry: str) -> Fault | None:
    """Return the fault that an entry of `faults.script` names; None for `ok`."""
    if entry == "ok":
        return None
    if entry.startswith("reset"):
        return Fault(None, is_late=entry == "reset-after")
    return Fault(int(entry[:3]), has_html_body="-html" in entry, is_late="-late" in entry)


def draw_fault(settings: FaultSettings, random: Random) -> Fault | None:
    """Return a random fault with the configured probabilities, None for a request without one."""
    # One draw serves all outcomes. With a draw for each, the second would get a chance only where
    # the first did not occur, and so be rarer than configured.
    draw = random.random()
    for status, probability in settings.statuses.items():
        draw -= probability
        if draw < 0:
            return _draw_status_fault(int(status), settings, random)
    for probability, is_late in ((settings.reset_before, False), (settings.reset_after, True)):
        draw -= probability
        if draw < 0:
            return Fault(None, is_late=is_late)
    return None


def _draw_status_fault(status: int, settings: FaultSettings, random: Random) -> Fault:
    # A 4xx means that Qualtrics refused the request, so a late one would contradict the write. A
    # gateway sends its HTML page where the API fails, which is a 5xx.
    if status < FIRST_SERVER_ERROR:
        return Fault(status)
    return Fault(
        status,
        has_html_body=random.random() < settings.html,
        is_late=random.random() < settings.late,
    )
