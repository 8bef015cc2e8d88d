"""Commands that list the choices of the fields that a person has still to fill in."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object
from destination_kit.placeholders import find_placeholders

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.definitions import Destination


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
