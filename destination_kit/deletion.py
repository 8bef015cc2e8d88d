"""Deletion: the `delete` event, and the action that its destination's `on_delete` becomes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from destination_kit._event_ids import read_id
from destination_kit.definitions import Action
from destination_kit.errors import Problem

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Context, Destination
    from destination_kit.http_interface import Response
    from destination_kit.results import Result, Submitted

#: The subscription and the action that a result of `on_delete` names.
ON_DELETE: Final = "on_delete"
#: The trigger of `on_delete`.
DELETE_TRIGGER: Final = 'type = "delete"'
_IDS: Final = ("userId", "anonymousId")


def create_delete_event(user_id: str | None, anonymous_id: str | None) -> JsonObject:
    """Return the `delete` event of a user; raise `ValueError` without any id."""
    ids = {name: value for name, value in zip(_IDS, (user_id, anonymous_id), strict=True) if value}
    if not ids:
        msg = "a deletion needs a user_id or an anonymous_id"
        raise ValueError(msg)
    return {"type": "delete", **ids}


def is_deletion(event: JsonObject) -> bool:
    """Tell whether an event is a `delete` event."""
    return event.get("type") == "delete"


def prepare_deletion(event: JsonObject, _size: int) -> tuple[dict[str, Json], tuple[Problem, ...]]:
    """Return the payload of `on_delete`, the ids that a `delete` event has, and its problems."""
    ids = ((name, read_id(event, name)) for name in _IDS)
    payload: dict[str, Json] = {name: value for name, value in ids if value}
    # Without this check, a request for "all records of no id" would reach the partner.
    message = "a delete event needs a userId or an anonymousId"
    return payload, () if payload else (Problem("", "REQUIRED", message),)


def create_deletion_action(destination: Destination) -> Action | None:
    """Return the action that runs `on_delete`; None for a destination without it."""
    if destination.on_delete is None:
        return None
    return Action(
        title="Delete a user",
        trigger=DELETE_TRIGGER,
        perform=partial(_call_on_delete, destination),
    )


async def _call_on_delete(
    destination: Destination, context: Context, payload: JsonObject
) -> Json | Response | Result | Submitted:
    return await destination.on_delete(context, payload) if destination.on_delete else None
