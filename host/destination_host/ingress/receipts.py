"""Receipts: what became of the events of one request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_host.queue import NewEvent, RejectedItem, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of the events of one request, after the commit or the refusal."""

    #: The name of the source; "" where none is known, such as after an unknown write key.
    source: str
    #: Events that are kept.
    accepted: int = 0
    #: Events that repeat earlier ones, so that they are not kept again.
    repeated: int = 0
    #: Items that are kept as rejected, each with its reason.
    rejected: int = 0
    #: Events that the sender has to send again or to mend. A request whose events were not read
    #: counts as one.
    refused: int = 0
    #: Deliveries of kept events that `integrations` or consent keep back.
    skipped: Sequence[tuple[NewEvent, Route]] = ()


def create_receipt(
    source: str, events: Sequence[NewEvent], rejected: Sequence[RejectedItem], kept: Sequence[bool]
) -> Receipt:
    """Return the receipt of a request whose events the queue has kept, or knew already."""
    accepted = [event for event, is_new in zip(events, kept, strict=True) if is_new]
    return Receipt(
        source=source,
        accepted=len(accepted),
        repeated=len(events) - len(accepted),
        rejected=len(rejected),
        skipped=[
            (event, route)
            for event in accepted
            for route in event.routes
            if route.refusal is not None
        ],
    )
