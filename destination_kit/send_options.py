"""Options of `send`, in common of an instance in the caller's event loop and one in a thread."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from destination_kit.errors import did_you_mean

if TYPE_CHECKING:
    from datetime import datetime

    from destination_kit._json import Json


class SendOptions(TypedDict, total=False):
    """What a host knows of the events that it sends, beside the events."""

    #: When the events were first received (now if not given), for repeated events.
    received_at: datetime | None
    #: The names of the subscriptions that get the events; all that match if not given.
    only: Collection[str] | None
    #: The number of this attempt, from 1, for observers and for `context.attempt`.
    attempt: int
    #: For each event, subscription -> the job of its `JOB_PENDING`: it is polled, not submitted
    #: again.
    jobs: Sequence[Mapping[str, Json]]
    #: For each event, the names of the subscriptions in which an earlier attempt ended with the
    #: outcome `unknown`, for `context.outcome_unknown`.
    unknown: Sequence[Collection[str]]
    #: Whether the results have the requests and responses, as `SubscriptionResult.exchanges`.
    exchanges: bool


def refuse_unknown_options(function: str, options: Mapping[str, Any], known: type) -> None:
    """Raise `TypeError` for an option that a `TypedDict` of keywords does not have."""
    # Python checks no `TypedDict`. A misspelt `connect_to` would send test events to the partner.
    for name in options.keys() - known.__annotations__.keys():
        names = sorted(known.__annotations__)
        message = f"{function}() has no option {name!r}{did_you_mean(name, names)}"
        raise TypeError(message)
