"""Placeholders of values that a person fills in: `dkit init` writes them, `dkit check` finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object, pointer
from destination_kit.errors import Problem

if TYPE_CHECKING:
    from destination_kit._json import Json

# `dkit check` reports every text with this beginning. A shorter one, such as `<`, can begin a real
# value.
_PREFIX = "<fill in: "


def placeholder(description: str) -> str:
    """Return the placeholder of a value, with a description of what to fill in."""
    return f"{_PREFIX}{description}>"


def find_placeholders(document: Json) -> Iterator[Problem]:
    """Yield a problem for each placeholder in the settings and the enabled subscriptions."""
    instance = as_object(document)
    yield from _find(instance.get("settings"), "settings")
    for index, subscription in enumerate(as_array(instance.get("subscriptions"))):
        # `dkit init` disables a subscription whose event only a person can name. `dkit check` would
        # otherwise refuse its placeholders, although it sends nothing.
        if isinstance(subscription, Mapping) and subscription.get("enabled") is not False:
            yield from _find(subscription, "subscriptions", index)


def _find(value: Json, *path: str | int) -> Iterator[Problem]:
    if isinstance(value, str):
        if _PREFIX in value:
            yield Problem(pointer(*path), "PLACEHOLDER", f"still to be filled in: {value}")
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _find(member, *path, key)
    elif isinstance(value, Sequence):
        for index, member in enumerate(value):
            yield from _find(member, *path, index)
