from __future__ import annotations

import pytest

from destination_kit.catalog.subscriptions import InstanceScope, compile_subscription
from destination_kit.fields import compile_validator
from destination_kit.mapping import DIRECTIVES
from destination_kit.segment import (
    read_definition,
    write_definition,
)


def test_an_imported_action_without_fields_takes_whatever_a_mapping_makes():
    document = {"slug": "acme", "name": "Acme", "actions": {"send": {"fields": {}}}}
    destination = read_definition(document).destination
    payload = {"a": "", "b": None, "c": {"d": [""]}, "e": 1}
    assert compile_validator(destination.actions["send"].fields)(payload) == (payload, ())
    assert write_definition(destination) == document


def test_a_mapping_of_an_action_without_fields_raises_no_doubt():
    document = {"slug": "acme", "name": "Acme", "actions": {"send": {"fields": {}}}}
    destination = read_definition(document).destination
    given = {"action": "send", "trigger": 'type = "track"', "mapping": {"a": 1}}
    scope = InstanceScope(destination=destination, directives=DIRECTIVES, compiled_actions={})
    outcome = compile_subscription(scope, given, set())
    assert (outcome.problems, outcome.warnings) == ((), ())


MORE = {"unheardOf": 1}
WITH_CHOICE = {"type": "string", "choices": [{"label": "A", "value": "a", **MORE}]}
WITH_CONDITION = {
    "conditions": [{"fieldKey": "a", "operator": "is", **MORE}],
    "unheardOf": 1,
}


@pytest.mark.parametrize(
    ("part", "paths"),
    [
        ({"authentication": {"scheme": "custom", **MORE}}, ["/authentication"]),
        ({"audienceConfig": {"mode": MORE, **MORE}}, ["/audienceConfig", "/audienceConfig/mode"]),
        ({"actions": {"a": {"syncMode": MORE}}}, ["/actions/a/syncMode"]),
        ({"actions": {"a": {"hooks": {"h": MORE}}}}, ["/actions/a/hooks/h"]),
        ({"actions": {"a": {"fields": {"f": WITH_CHOICE}}}}, ["/actions/a/fields/f/choices/0"]),
        (
            {"actions": {"a": {"fields": {"f": {"type": "string", "depends_on": WITH_CONDITION}}}}},
            ["/actions/a/fields/f/depends_on", "/actions/a/fields/f/depends_on/conditions/0"],
        ),
        ({"presets": [{}, MORE]}, ["/presets/1"]),
    ],
)
def test_unknown_keys_are_noted_with_their_paths(part, paths):
    document = {"slug": "acme", "name": "Acme", "actions": {}, **part}
    imported = read_definition(document)
    assert [note.path for note in imported.notes] == [f"{path}/unheardOf" for path in paths]
    assert write_definition(imported.destination) == document
