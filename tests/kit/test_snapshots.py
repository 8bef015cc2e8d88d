"""Snapshots of records: equal to them, and of containers of their own."""

from dataclasses import replace
from types import MappingProxyType

from destination_kit import MappingHook, Preset
from destination_kit.snapshots import snapshot_action, snapshot_destination, snapshot_preset
from tests.conftest import ECHO
from tests.kit.broken import SOUND


def test_a_snapshot_is_equal_to_the_record():
    assert snapshot_destination(SOUND) == SOUND
    assert snapshot_destination(ECHO) == ECHO


def test_a_later_change_of_the_record_reaches_no_snapshot():
    actions = {"say": ECHO.actions["say"]}
    settings = {"type": "object", "properties": {"a": {"type": "string"}}}
    snapshot = snapshot_destination(replace(ECHO, actions=actions, settings=settings))
    actions.clear()
    settings["properties"].clear()
    assert list(snapshot.actions) == ["say"]
    assert list(snapshot.settings["properties"]) == ["a"]


def test_containers_of_other_types_become_plain_ones():
    hook = MappingHook(title="Hook", inputs=MappingProxyType({"type": "object"}))
    action = replace(ECHO.actions["say"], hooks=MappingProxyType({"hook": hook}))
    snapshot = snapshot_action(action)
    assert type(snapshot.hooks) is dict
    assert type(snapshot.hooks["hook"].inputs) is dict


def test_what_has_a_wrong_type_stays_for_the_checks():
    assert snapshot_action("x") == "x"
    assert snapshot_preset(None) is None
    assert snapshot_preset(Preset(name=5, action="a")).name == 5
    assert snapshot_destination(replace(ECHO, actions=5, hosts="x")).actions == 5
