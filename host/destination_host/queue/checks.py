"""Checks of what callers pass to a queue, which every engine makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from destination_host.queue.records import MAX_ATTEMPT_BYTES, Settlement, Status

_SETTLED: Final = frozenset({*Status} - {Status.IN_FLIGHT})


def check_settlements(settlements: Sequence[Settlement]) -> None:
    """Raise `ValueError` for a settlement that no engine can keep."""
    for settlement in settlements:
        if settlement.status not in _SETTLED:
            msg = f"delivery {settlement.delivery} cannot be settled as {settlement.status}"
            raise ValueError(msg)
        size = len(settlement.attempt_record)
        if size > MAX_ATTEMPT_BYTES:
            msg = (
                f"the record of an attempt has at most {MAX_ATTEMPT_BYTES:,} bytes; that of"
                f" delivery {settlement.delivery} has {size:,}: shorten its bodies"
            )
            raise ValueError(msg)
