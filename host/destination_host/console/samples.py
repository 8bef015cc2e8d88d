"""Sample events that a destination brings, for a mapping to be tried with."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from destination_kit import Json

#: A person chooses one from a list.
_MAX_EVENTS: Final = 100


def read_sample_events(resource: str | None) -> list[Json]:
    """Return the events of `Destination.samples`, `PACKAGE:FOLDER`; none where it names none."""
    if resource is None:
        return []
    package, _, folder = resource.partition(":")
    file = files(package) / folder / "events.jsonl"
    if not file.is_file():
        return []
    events: list[Json] = []
    for line in file.read_text(encoding="utf-8").splitlines()[:_MAX_EVENTS]:
        try:
            events.append(json.loads(line))
        except ValueError:  # samples may show what a broken line does to a run
            continue
    return [event for event in events if isinstance(event, dict)]
