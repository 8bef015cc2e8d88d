"""Events that are known by their ids, so that a repetition is found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from destination_host.queue.records import NewEvent

KnownEvents: TypeAlias = "dict[tuple[str, str], NewEvent]"
"""(source, message id) -> the event."""


def forget_events(known: KnownEvents, kept: Collection[int], received_by: float) -> int:
    """Remove events whose identity is not among `kept`; return how many.

    One that never had a delivery stays until it is old enough.
    """
    gone = [
        key
        for key, event in known.items()
        if id(event) not in kept and (event.routes or event.received_at <= received_by)
    ]
    for key in gone:
        del known[key]
    return len(gone)


def empty_events(known: KnownEvents, emptied: Collection[int], remembered_from: float) -> None:
    """Keep nothing but the ids of the events with these identities.

    One that arrived before `remembered_from` is removed with its id.
    """
    for key, event in [*known.items()]:
        if id(event) in emptied:
            if event.received_at > remembered_from:
                known[key] = replace(event, body=b"{}", routes=())
            else:
                del known[key]
