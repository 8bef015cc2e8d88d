"""What `dkit init` leaves for a person to fill in, and `dkit check` finds again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from destination_kit._json import pointer
from destination_kit.errors import Problem

if TYPE_CHECKING:
    from destination_kit._json import Json

_START = "<fill in: "


def placeholder(what: str) -> str:
    """Return a text that nobody takes for a value."""
    return f"{_START}{what}>"


def check_placeholders(document: Json) -> Iterator[Problem]:
    """Yield a problem for each placeholder in what an instance document sets to work."""
    if not isinstance(document, Mapping):
        return
    yield from _left(document.get("settings"), "settings")
    subscriptions = document.get("subscriptions")
    for index, each in enumerate(subscriptions if isinstance(subscriptions, Sequence) else ()):
        if isinstance(each, Mapping) and each.get("enabled") is not False:
            yield from _left(each, "subscriptions", index)


def _left(value: Json, *where: str | int) -> Iterator[Problem]:
    if isinstance(value, str):
        if _START in value:
            yield Problem(pointer(*where), "PLACEHOLDER", f"still to be filled in: {value}")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _left(each, *where, key)
    elif isinstance(value, Sequence):
        for index, each in enumerate(value):
            yield from _left(each, *where, index)
