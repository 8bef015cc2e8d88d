"""What `perform` learns of an event beside the payload, as the reference passes it."""

from dataclasses import replace

import pytest

from destination_kit import Action, BatchLimits, Catalog, Destination

MODES = {"title": "Mode", "oneOf": [{"const": "add"}, {"const": "mirror"}]}
ANY = {"type": "object"}


def audience(event_type="track", computation="audience", key="vip", **event):
    personas = {"computation_class": computation, "computation_key": key, "space_id": "spa"}
    return {"type": event_type, "context": {"personas": personas}, **event}


def destination(contexts, **changes):
    async def perform(context, payload):
        contexts.append(context)

    action = Action(title="Do", fields=ANY, perform=perform, **changes)
    return Destination(slug="test", name="Test", actions={"do": action})


def context_of(event, *, mapping=None, **changes):
    """Return the context in which an action gets an event."""
    contexts = []
    subscription = {"action": "do", "trigger": 'type != "none"', "mapping": mapping or {}}
    document = {"destination": "test", "subscriptions": [subscription]}
    Catalog.of(destination(contexts, **changes)).configure(document).send_sync([event])
    [context] = contexts
    return context


@pytest.mark.parametrize(
    ("event", "membership"),
    [
        (audience(properties={"vip": True}), True),
        (audience(properties={"vip": False}), False),
        (audience("identify", traits={"vip": True}), True),
        (audience("identify", traits={"vip": False}), False),
        (audience(computation="journey_step", properties={"vip": True}), True),
        (audience(key=5, properties={"5": True}), True),
        # The event does not say it.
        (audience(traits={"vip": True}), None),
        (audience("identify", properties={"vip": True}), None),
        (audience("page", properties={"vip": True}), None),
        (audience(computation="trait", properties={"vip": True}), None),
        (audience(computation=["audience"], properties={"vip": True}), None),
        (audience(key="", properties={"": True}), None),
        (audience(key=None, properties={"null": True}), None),
        (audience(properties={"vip": "true"}), None),
        (audience(properties={"vip": 1}), None),
        (audience(properties=None), None),
        (audience(properties={}, event="new"), None),
        (audience(properties=[True]), None),
        ({"type": "track", "properties": {"vip": True}}, None),
        ({"type": "track", "context": None, "properties": {"vip": True}}, None),
        ({"type": "track", "context": {"personas": None}}, None),
        ({"type": ["track"], "context": {"personas": {"computation_class": {}}}}, None),
    ],
)
def test_an_event_of_an_audience_says_whether_its_user_is_a_member(event, membership):
    context = context_of(event)
    assert context.audience_membership is membership
    personas = (event.get("context") or {}).get("personas")
    assert context.personas_context == personas


ROWS = {
    "add": {"new": True},
    "update": {"updated": True},
    "upsert": {"new": True, "updated": True},
    "delete": {"deleted": False},
    "mirror": {"new": True, "updated": True, "deleted": False},
}


@pytest.mark.parametrize("name", ["new", "updated", "deleted", "other"])
@pytest.mark.parametrize("mode", ROWS)
def test_a_row_of_a_warehouse_is_a_change_of_membership_by_its_mode(mode, name):
    mapping = {"__segment_internal_sync_mode": mode}
    event = {"type": "track", "event": name}
    context = context_of(event, mapping=mapping, sync_mode=MODES)
    assert context.sync_mode == mode
    assert context.audience_membership is ROWS[mode].get(name)
    for no_row in ({**event, "type": "page"}, {**event, "event": [name]}):
        found = context_of(no_row, mapping=mapping, sync_mode=MODES)
        assert found.audience_membership is None
    without = context_of(event, mapping=mapping)
    assert (without.sync_mode, without.audience_membership) == (None, None)


def test_the_audience_of_the_event_comes_before_the_row():
    event = audience(event="new", properties={"vip": False})
    mapping = {"__segment_internal_sync_mode": "mirror"}
    assert context_of(event, mapping=mapping, sync_mode=MODES).audience_membership is False


@pytest.mark.parametrize("chosen", ["ADD", "other", "", None, 5, ["add"], {"@literal": "add"}])
def test_a_mode_that_segment_does_not_know_is_none(chosen):
    mapping = {"__segment_internal_sync_mode": chosen}
    assert context_of({"type": "track"}, mapping=mapping, sync_mode=MODES).sync_mode is None


@pytest.mark.parametrize(
    ("chosen", "key"),
    [("email", "email"), (5, "5"), (True, "true"), (["a", "b"], "a,b"), ("", None), (0, None)],
)
def test_the_matching_key_is_text(chosen, key):
    mapping = {"__segment_internal_matching_key": chosen}
    assert context_of({"type": "track"}, mapping=mapping).matching_key == key


def test_a_batch_holds_one_mode_and_the_membership_of_each_payload():
    calls = []

    async def perform_batch(context, payloads):
        calls.append(context)
        return [None] * len(payloads)

    batched = destination([], perform_batch=perform_batch, sync_mode=MODES)
    action = replace(batched.actions["do"], batch=BatchLimits(count=10))
    subscriptions = [
        {
            "action": "do",
            "trigger": 'type = "track"',
            "mapping": {"__segment_internal_sync_mode": mode},
        }
        for mode in ("add", "mirror")
    ]
    document = {"destination": "test", "subscriptions": subscriptions}
    catalog = Catalog.of(replace(batched, actions={"do": action}))
    events = [audience(properties={"vip": member}) for member in (True, False, None)]
    assert all(result.ok for result in catalog.configure(document).send_sync(events))
    assert [context.sync_mode for context in calls] == ["add", "mirror"]
    for context in calls:
        memberships = [each.audience_membership for each in context.payload_contexts]
        assert memberships == [True, False, None]
        assert context.audience_membership is None
        assert context.personas_context == events[0]["context"]["personas"]


async def test_a_preview_gives_perform_the_same_context():
    contexts = []
    subscription = {"action": "do", "trigger": 'type = "track"', "mapping": {}}
    document = {"destination": "test", "subscriptions": [subscription]}
    instance = Catalog.of(destination(contexts)).configure(document)
    await instance.preview({**audience(properties={"vip": True}), "anonymousId": "a"})
    [context] = contexts
    assert (context.audience_membership, context.anonymous_id) == (True, "a")
