"""Context of one event: what `perform` learns of it beside the payload, as in the reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from destination_kit._event_ids import read_id
from destination_kit._javascript import to_boolean, to_string
from destination_kit._json import copy_json
from destination_kit.definitions import Context

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Subscription
    from destination_kit.http_interface import Http

_AUDIENCE_CLASSES: Final = ("audience", "journey_step")
_MEMBERS_BY_TYPE: Final = {"identify": "traits", "track": "properties"}
# `retlAudienceMembership` in audience-membership.ts: the event names of a warehouse's rows.
_MEMBERSHIP_BY_MODE: Final[Mapping[str, Mapping[str, bool]]] = {
    "add": {"new": True},
    "update": {"updated": True},
    "upsert": {"new": True, "updated": True},
    "delete": {"deleted": False},
    "mirror": {"new": True, "updated": True, "deleted": False},
}


def event_context(
    base: Context, subscription: Subscription, event: JsonObject, http: Http
) -> Context:
    """Return the context in which an action gets one event.

    `base` holds what all events of the call have in common.
    """
    personas = _read_personas(event)
    mode = subscription.sync_mode
    is_about_audience = personas is not None or mode is not None
    return Context(
        settings=base.settings,
        http=http,
        received_at=base.received_at,
        anonymous_id=read_id(event, "anonymousId"),
        shared_state=base.shared_state,
        audience_membership=_read_membership(event, personas, mode) if is_about_audience else None,
        sync_mode=mode,
        matching_key=subscription.matching_key,
        personas_context=personas,
        attempt=base.attempt,
        services=base.services,
        hook_outputs=subscription.hook_outputs,
        subscription=subscription,
    )


def _read_personas(event: JsonObject) -> JsonObject | None:
    context = event.get("context")
    # Most are a dict without the member. `isinstance` of a `Mapping` takes 0.2 µs for each of both.
    if not (type(context) is dict or isinstance(context, Mapping)):
        return None
    personas = context.get("personas")
    if personas is None:
        return None
    # The context goes to `perform`, which must not change the event.
    return copy_json(personas) if isinstance(personas, Mapping) else None


def _read_membership(
    event: JsonObject, personas: JsonObject | None, mode: str | None
) -> bool | None:
    """Return whether the event's user is in the audience; None where the event does not say it."""
    event_type = event.get("type")
    if not isinstance(event_type, str):
        return None
    key = personas.get("computation_key") if personas else None
    if personas and to_boolean(key) and personas.get("computation_class") in _AUDIENCE_CLASSES:
        members = event.get(_MEMBERS_BY_TYPE.get(event_type, ""))
        membership = members.get(to_string(key)) if isinstance(members, Mapping) else None
        if isinstance(membership, bool):
            return membership
    name = event.get("event")
    if event_type != "track" or mode is None or not isinstance(name, str):
        return None
    return _MEMBERSHIP_BY_MODE[mode].get(name)
