"""Dead letters as input: an event that failed goes to those subscriptions again, and no others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from destination_kit.cli.events import INVALID_EVENT, read_event
from destination_kit.cli.lines import Line
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


@dataclass(frozen=True, slots=True)
class Errand:
    """An event to send; `only` names the subscriptions that shall get it, None is all of them.

    An earlier run has sent it `tries` times, `unknown` of them without knowing what became of it.
    """

    event: JsonObject = field(repr=False)
    only: Collection[str] | None = None
    tries: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that holds no event, as it was before it became a dead letter."""

    line: Line
    failed: Failed


def read_errand(line: Line) -> Errand | Broken:
    """Return what a line asks for: an event, a dead letter, or a line that was broken once."""
    found = read_event(line)
    if isinstance(found, Failed):
        return Broken(line, found)
    if "type" in found or not isinstance(found.get("failures"), list):
        return Errand(found)
    event, text, names = found.get("event"), found.get("text"), _names(found)
    if isinstance(text, str):
        return _once_more(line, text)
    return Errand(event, names) if isinstance(event, Mapping) and names else Errand(found)


def _once_more(line: Line, text: str) -> Errand | Broken:
    try:
        content = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # nothing that a dead letter of ours holds
        return Broken(line, Failed(INVALID_EVENT, "the text of the dead letter is not UTF-8"))
    return read_errand(Line(line.number, content))


def _names(letter: JsonObject) -> frozenset[str]:
    """Return the subscriptions that failed."""
    failures = letter["failures"]
    return frozenset(
        str(each["subscription"])
        for each in (failures if isinstance(failures, list) else ())
        if isinstance(each, Mapping) and "subscription" in each
    )
