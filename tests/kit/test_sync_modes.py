"""The sync mode and the matching key of a subscription."""

import pytest

from destination_kit import Action, Catalog, ConfigurationError, Destination

MODES = {
    "title": "Mode",
    "default": "update",
    "oneOf": [{"const": "add", "title": "Add"}, {"const": "update", "title": "Update"}],
}


async def perform(context, payload):
    return None


def configure(modes=MODES, **subscription):
    action = Action(title="Do", fields={"type": "object"}, perform=perform, sync_mode=modes)
    catalog = Catalog.of(Destination(slug="test", name="Test", actions={"do": action}))
    document = {"action": "do", "trigger": 'type = "track"', **subscription}
    return catalog.configure({"destination": "test", "subscriptions": [document]})


def choices(**changes):
    (subscription,) = configure(**changes).subscriptions
    return subscription.sync_mode, subscription.matching_key


def problem(**changes):
    with pytest.raises(ConfigurationError) as caught:
        configure(**changes)
    (found,) = caught.value.problems
    return found


def mapped(mode=None, key=None):
    named = {"__segment_internal_sync_mode": mode, "__segment_internal_matching_key": key}
    return {name: value for name, value in named.items() if value is not None}


def test_a_subscription_chooses_a_mode_and_a_key():
    assert choices(syncMode="add", matchingKey="email") == ("add", "email")
    assert choices(mapping=mapped("add", "email")) == ("add", "email")
    assert choices(syncMode="add", matchingKey="e", mapping=mapped("add", "e")) == ("add", "e")
    assert choices() == (None, None)


def test_the_default_holds_with_the_default_mapping_only():
    assert choices(useDefaultMapping=True) == ("update", None)
    assert choices(useDefaultMapping=True, syncMode="add") == ("add", None)
    assert choices(useDefaultMapping=True, mapping=mapped("add")) == ("add", None)
    assert choices(modes={"title": "Mode"}, useDefaultMapping=True) == (None, None)
    assert choices(modes=None, useDefaultMapping=True) == (None, None)


def test_an_enum_lists_the_modes_too_and_a_schema_without_a_list_offers_all():
    assert choices(modes={"enum": ["mirror"]}, syncMode="mirror") == ("mirror", None)
    assert choices(modes={"title": "Mode"}, syncMode="mirror") == ("mirror", None)
    assert problem(modes={"enum": ["mirror"]}, syncMode="add").path == "/subscriptions/0/syncMode"


def test_a_mode_that_the_action_does_not_offer_is_refused():
    found = problem(syncMode="updte")
    assert (found.path, found.code) == ("/subscriptions/0/syncMode", "SYNC_MODE")
    assert "did you mean 'update'" in found.message
    assert "it offers add, update" in found.message
    assert "does not offer 'mirror'" in problem(syncMode="mirror").message
    assert "has no sync modes" in problem(modes=None, syncMode="add").message
    assert problem(syncMode=5).code == "TYPE"


def test_two_choices_that_contradict_each_other_are_refused():
    found = problem(syncMode="add", mapping=mapped("update"))
    assert (found.path, found.code) == ("/subscriptions/0/syncMode", "CONFLICT")
    found = problem(matchingKey="email", mapping=mapped(key="phone"))
    assert (found.path, found.code) == ("/subscriptions/0/matchingKey", "CONFLICT")
    assert "remove one of the two" in found.message


def test_a_mode_of_a_mapping_is_taken_as_in_the_reference_with_a_warning():
    instance = configure(mapping=mapped("mirror"))
    assert instance.subscriptions[0].sync_mode == "mirror"
    assert "does not offer" in str(instance.warnings)
    instance = configure(mapping=mapped("nonsense"))
    assert instance.subscriptions[0].sync_mode is None
    assert "has no effect" in str(instance.warnings)
    assert "has no effect" in str(configure(None, mapping=mapped("add")).warnings)
    assert not configure(mapping=mapped("add")).warnings
