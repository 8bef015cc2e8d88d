"""Times of an event: when it arrived, and its `timestamp` by the host's clock.

A device's clock may be wrong. Segment corrects `timestamp` by the difference between when the
device says that it sent the event and when the event arrived
(https://segment.com/docs/connections/spec/common/#timestamps).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from destination_kit import parse_date_like

if TYPE_CHECKING:
    from destination_kit import Json


def format_time(moment: datetime) -> str:
    """Return a moment as JavaScript's `toISOString` writes it."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}Z"


@dataclass(frozen=True, slots=True)
class Arrival:
    """When the events of a request arrived."""

    moment: datetime
    #: The moment as `format_time` writes it, which takes 2 µs: once for all events of a request.
    text: str

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """Return the arrival at a moment."""
        return cls(moment, format_time(moment))


def set_times(event: dict[str, Any], sent_at: Json, arrival: Arrival) -> None:
    """Set `receivedAt` and `timestamp` of an event; what the sender wrote becomes `originalTimestamp`.

    An event that has both times was corrected before, such as one that Segment forwards, and keeps
    them. One without a readable time happened when it arrived.
    """
    event["receivedAt"] = arrival.text
    if sent_at is not None:
        event["sentAt"] = sent_at
    given, original = event.get("timestamp"), event.get("originalTimestamp")
    if given is not None and original is not None:
        return
    written = given if given is not None else original
    if written is not None:
        event["originalTimestamp"] = written
    event["timestamp"] = _correct(written, sent_at, arrival)


def _correct(written: Json, sent_at: Json, arrival: Arrival) -> Json:
    moment = _read(written)
    if moment is None:
        return arrival.text
    sent = _read(sent_at)
    if sent is None:
        return written
    try:
        return format_time(arrival.moment - (sent - moment))
    except OverflowError:  # beyond the years that Python has
        return written


def _read(value: Json) -> datetime | None:
    return None if value is None else parse_date_like(value)
