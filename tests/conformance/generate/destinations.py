"""Destinations whose actions echo their input, and what an instance of one may be asked."""

from __future__ import annotations

from tests.conformance.generate.chance import UNDEFINED, Chance
from tests.conformance.generate.events import make_event
from tests.conformance.generate.fields import make_field_value, make_fields
from tests.conformance.generate.mappings import make_directive, make_mapping
from tests.conformance.generate.triggers import make_trigger_for


def _make_destination(chance: Chance):
    """A destination description for the oracle's echoing actions, and settings that subscribe to it."""
    setting = {
        "label": "Key",
        "description": "d",
        "type": chance.pick(["string", "password", "number", "boolean"]),
        "required": chance.maybe(0.5),
    }
    actions = {slug: _make_action(chance, slug) for slug in ("send", "other")}
    destination = {"name": "Echo", "actions": actions}
    if chance.maybe(0.7):
        destination["authentication"] = {"scheme": "custom", "fields": {"apiKey": setting}}
    return destination, {
        "apiKey": chance.pick(["k", 5, "7", True, None, ""]),
        **({"extra": 1} if chance.maybe(0.3) else {}),
    }


_MODES = ["add", "update", "upsert", "delete", "mirror"]


def _make_sync_mode(chance: Chance):
    """The modes that an action offers: all of Segment's, or some of them."""
    offered = _MODES if chance.maybe(0.5) else chance.random.sample(_MODES, 2)
    return {
        "label": "Mode",
        "description": "d",
        "default": offered[0],
        "choices": [{"label": mode.title(), "value": mode} for mode in offered],
    }


def _make_fields(chance: Chance):
    """The fields of an action, or none: it then takes its payload as it is."""
    return {} if chance.maybe(0.1) else make_fields(chance)


def _make_action(chance: Chance, slug):
    action = {"title": slug.title(), "fields": _make_fields(chance), "batch": chance.maybe(0.7)}
    return {**action, "syncMode": _make_sync_mode(chance)} if chance.maybe(0.4) else action


def _make_internals(chance: Chance):
    """What Segment itself writes into a mapping, beside the fields of the action."""
    internals = {}
    if chance.maybe(0.35):
        odd = chance.pick(["other", "ADD", "", None, 5, ["add"]])
        mode = odd if chance.maybe(0.1) else chance.pick(_MODES)
        internals["__segment_internal_sync_mode"] = mode
    if chance.maybe(0.2):
        odd = chance.pick(["", None, 5, 0, True, [], ["a", "b"], {}, {"a": 1}])
        key = odd if chance.maybe(0.3) else chance.pick(["email", "external id"])
        internals["__segment_internal_matching_key"] = key
    return internals


def _about_audience(chance: Chance, event):
    """The event as one that Segment sends of an audience, or as a row of a warehouse."""
    key = chance.pick(["vip", "big_spenders", 5])
    member = chance.pick([True, False, True, False, "true", 1, None])
    computation = {
        "computation_class": chance.pick(["audience", "audience", "journey_step", "trait"]),
        "computation_key": key if chance.maybe(0.9) else chance.pick(["", None, 0]),
        "computation_id": "aud_1",
        "space_id": "spa_1",
        "audience_name": chance.pick(["Big spenders", "VIP", None]),
        "external_audience_id": chance.pick(["ext-1", 7, "", None]),
        "audience_settings": chance.pick([{"list": "a", "size": 5}, {}, None, "a"]),
        "event_emitter_id": chance.pick(["emitter", {"deep": [1, None]}]),
    }
    holder = chance.pick(["properties", "properties", "traits"])
    return {
        **event,
        "type": chance.pick(["track", "identify", event["type"]]),
        "event": chance.pick(["new", "updated", "deleted", "Audience Entered"]),
        holder: {**_as_object(event.get(holder)), str(key): member},
        "context": {
            **_as_object(event.get("context")),
            "personas": {name: each for name, each in computation.items() if chance.maybe(0.95)},
        },
    }


def _as_object(value):
    return value if isinstance(value, dict) else {}


def _make_event(chance: Chance):
    event = make_event(chance)
    return _about_audience(chance, event) if chance.maybe(0.3) else event


def _make_subscription(chance: Chance, destination, event):
    slug = chance.pick(["send", "send", "other"] + ["nope"] * chance.maybe(0.1))
    fields = destination["actions"].get(slug, {}).get("fields", {})
    mapping = (
        make_mapping(chance, event)
        if chance.maybe(0.1) or (slug in destination["actions"] and not fields)
        else {
            k: make_directive(chance, event, 1)
            if chance.maybe(0.3)
            else make_field_value(chance, f)
            for k, f in fields.items()
            if chance.maybe(0.9)
        }
    )
    text = (
        chance.pick(["", "nonsense", None, 5, UNDEFINED])
        if chance.maybe(0.06)
        else make_trigger_for(chance, event)
        if chance.maybe(0.7)
        else f'type = "{event["type"]}"'
    )
    if isinstance(mapping, dict):
        mapping |= _make_internals(chance)
    return {"partnerAction": slug, "subscribe": text, "mapping": mapping}


def on_event(chance: Chance):
    event = _make_event(chance)
    destination, settings = _make_destination(chance)
    subscriptions = [
        _make_subscription(chance, destination, event) for _ in range(chance.pick([1, 1, 2, 3]))
    ]
    settings.update(
        {"subscription": subscriptions[0]}
        if chance.maybe(0.3)
        else {"subscriptions": subscriptions}
    )
    return {"destination": destination, "event": event, "settings": settings}


def on_batch(chance: Chance):
    events = [_make_event(chance) for _ in range(chance.random.randint(1, 4))]
    taken = events if chance.maybe(0.95) else []
    destination, settings = _make_destination(chance)
    return {
        "destination": destination,
        "events": taken,
        "settings": {
            **settings,
            "subscription": _make_subscription(chance, destination, events[0]),
        },
    }
