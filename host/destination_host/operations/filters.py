"""Filters of deliveries as texts: the parameters of a query, and the options of `dkit queue`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from destination_host.config.options import DURATION, Duration
from destination_host.config.structure import find_similar
from destination_host.queue import Filter, Status

#: Name of a parameter -> what it takes, for help and messages.
PARAMETERS: Final = {
    "delivery": "number of a delivery",
    "instance": "name of an instance",
    "source": "name of a source",
    "status": f"one of {', '.join(Status)}",
    "action": "slug of an action that failed",
    "code": "code of a failure, such as 400",
    "user": "userId or anonymousId",
    "messageId": "messageId of an event",
    "since": "arrival: a time such as 2026-11-30T12:00Z, or how long ago, such as 2h",
    "until": "the same, and earlier than this",
}
_REPEATABLE: Final = frozenset({"delivery", "status"})


class FilterError(ValueError):
    """A parameter that is unknown or has a wrong value; `parameter` names it."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter = parameter


def read_filter(given: Mapping[str, Sequence[str]], now: float) -> Filter:
    """Return the filter of parameters, each with its values; raise `FilterError`."""
    for name, values in given.items():
        if name not in PARAMETERS:
            raise FilterError(name, f"there is no such filter{find_similar(name, PARAMETERS)}")
        if len(values) > 1 and name not in _REPEATABLE:
            raise FilterError(name, "give one value")
    first = {name: values[0] for name, values in given.items() if values}
    return Filter(
        deliveries=tuple(_read_number(text) for text in given.get("delivery", ())),
        instance=first.get("instance"),
        source=first.get("source"),
        statuses=tuple(_read_status(text) for text in given.get("status", ())),
        action=first.get("action"),
        code=first.get("code"),
        user=first.get("user"),
        message_id=first.get("messageId"),
        since=_read_moment("since", first.get("since"), now),
        until=_read_moment("until", first.get("until"), now),
    )


def _read_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):  # noqa: PLR2004 - the digits of SQLite's largest number
        raise FilterError("delivery", f"{text!r:.50} is no number of a delivery")
    return int(text)


def _read_status(text: str) -> Status:
    try:
        return Status(text.replace("-", "_"))
    except ValueError:
        message = (
            f"{text!r:.50} is none of {', '.join(Status)}{find_similar(text, map(str, Status))}"
        )
        raise FilterError("status", message) from None


def _read_moment(name: str, text: str | None, now: float) -> float | None:
    """Return Unix seconds of a time, or of a moment that is this long ago."""
    if text is None:
        return None
    if DURATION.fullmatch(text):
        return now - Duration(text).convert(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r:.50} is neither a time such as 2026-11-30T12:00Z nor one such as 2h"
        raise FilterError(name, message) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
