"""Remedies: what lets an event succeed whose delivery raised an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from destination_kit.errors import (
    APIError,
    DeliveryError,
    HTTPError,
    InvalidAuthenticationError,
    RetryableError,
    is_retryable,
)

if TYPE_CHECKING:
    from destination_kit.errors import Remedy

# 407 is the refusal of a proxy, and 402 that of an account which has not paid.
_REFUSED_ACCESS: Final = frozenset({401, 402, 403, 407})
# The partner does not know the address: an id in the URL, or the URL itself, is wrong.
_UNKNOWN_ADDRESS: Final = frozenset({*range(300, 400), 404, 405, 410, 421})
_FIXED_SEGMENT: Final = re.compile(r"[A-Za-z]{1,40}|v[0-9]{1,3}")
_ADDRESS_CODES: Final = frozenset({"HOST_NOT_ALLOWED", "INVALID_URL"})


def remedy_of(error: DeliveryError, status: int, has_event_address: Callable[[], bool]) -> Remedy:
    """Return the remedy of an error that names none, by its class, code and HTTP status.

    `has_event_address` returns whether the URL of the request holds a value of the event. A wrong
    address is then the event's fault, else a literal of the settings or the mapping is wrong.
    """
    if error.remedy:
        return error.remedy
    if isinstance(error, InvalidAuthenticationError) or status in _REFUSED_ACCESS:
        return "settings"
    if isinstance(error, RetryableError) or is_retryable(status):
        return "wait"
    # An author who raises an error of their own has judged the response, so only a status of the
    # partner itself blames the address.
    is_unknown = isinstance(error, APIError | HTTPError) and status in _UNKNOWN_ADDRESS
    if is_unknown or error.code in _ADDRESS_CODES:
        return "event" if has_event_address() else "settings"
    if getattr(error, "outcome_unknown", False):
        return "wait"
    return "code" if status == HTTPStatus.NOT_IMPLEMENTED else "event"


def is_from_event(url: str, payload: Mapping[str, object], literals: Collection[str]) -> bool:
    """Return whether the host, a segment of the path or a query value of a URL is an event's value.

    A text or number of the payload counts as an event's value unless the mapping has it as a
    literal. In doubt the answer is no, because the event is then kept and not given up.
    """
    if not url or url in literals:
        return False
    parts = _parts_of(url)
    # Where an id of the mapping is in the URL, it is the one to mend. A person who is called
    # "contacts" has that name in common with a fixed segment.
    has_literal = any(part in literals for part in parts)
    folded = {part.casefold() for part in parts}
    return any(
        text not in literals
        and not (has_literal and _FIXED_SEGMENT.fullmatch(text))
        and (text.casefold() in folded or (text != "/" and "/" in text and text in unquote(url)))
        for text in _literals_in(payload)
    )


def find_literals(mapping: object) -> frozenset[str]:
    """Return every text and number that stands in a mapping as it is, numbers as text."""
    return frozenset(_literals_in(mapping))


def _parts_of(url: str) -> frozenset[str]:
    try:
        split = urlsplit(url)
        query = [value for _, value in parse_qsl(split.query)]
    except ValueError:  # the URL is not valid, so it has no parts
        return frozenset({url})
    path = split.path.split("/")
    return frozenset(filter(None, (url, split.netloc, *map(unquote, path), *query)))


def _literals_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _literals_in(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _literals_in(member)
    elif isinstance(value, int | float):
        yield str(value)
