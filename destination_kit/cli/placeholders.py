"""Placeholders of values that a person fills in: `dkit init` writes them, `dkit check` finds them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object, pointer
from destination_kit.errors import Problem

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Destination

# `dkit check` reports every text with this beginning. A shorter one, such as `<`, can begin a real
# value.
_PREFIX = "<fill in: "
_SENTENCE = re.compile(rf"{_PREFIX}(?!\S*\w{{17}})(?:[^\W\d_]{{1,16}}[ ,.:;()'/-]*)+>")


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


def without_placeholders(mapping: JsonObject) -> dict[str, Json]:
    """Return a mapping without the fields that are still to be filled in."""
    return {name: value for name, value in mapping.items() if not any(_find(value))}


def choices_commands(document: Json, destination: Destination | None, name: str) -> Iterator[str]:
    """Yield the command that lists the choices of each field that is still to be filled in.

    `name` is that of the instance file.
    """
    if destination is None:
        return
    commands: dict[str, None] = {}
    for problem in find_placeholders(document):
        match problem.path.split("/"):
            case ["", "settings", setting] if setting in destination.choices:
                commands[f"dkit choices {shlex.quote(name)} --setting {setting}"] = None
            case ["", "subscriptions", index, "mapping", field]:
                subscriptions = as_array(as_object(document).get("subscriptions"))
                action = str(as_object(subscriptions[int(index)]).get("action"))
                if _has_choices(destination, action, field):
                    commands[f"dkit choices {shlex.quote(name)} {action} {field}"] = None
            case _:
                pass  # a part of a field has no choices that a whole field can be set to
    yield from commands


def _has_choices(destination: Destination, action: str, field: str) -> bool:
    """Return whether the partner lists the choices of a field."""
    return action in destination.actions and field in destination.actions[action].choices


def _find(value: Json, *path: str | int) -> Iterator[Problem]:
    if isinstance(value, str):
        if _PREFIX in value:
            # A person may have written a secret beside the placeholder, or into it.
            shown = found[0] if (found := _SENTENCE.search(value)) else f"{_PREFIX}…>"
            yield Problem(pointer(*path), "PLACEHOLDER", f"still to be filled in: {shown}")
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _find(member, *path, key)
    elif isinstance(value, Sequence):
        for index, member in enumerate(value):
            yield from _find(member, *path, index)
