from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from destination_kit import Catalog, IntegrationError
from destination_kit.catalog.subscriptions import InstanceScope, compile_subscription
from destination_kit.fields import compile_validator
from destination_kit.mapping import DIRECTIVES
from destination_kit.segment import (
    read_definition,
    write_definition,
)
from tests.conftest import ECHO


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


def as_published(field):
    """Return a field as Segment publishes it, with every attribute."""
    properties = {name: as_published(inner) for name, inner in field.get("properties", {}).items()}
    unset = {"multiple": False, "dynamic": False, "required": False, "label": "", "default": None}
    return {**unset, **field, **({"properties": properties} if properties else {})}


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


LINE = {
    "type": "object",
    "multiple": True,
    "properties": {"sku": {"type": "string", "dynamic": True}, "size": {"type": "string"}},
}
MORE_OF = {"type": "object", "dynamic": True}


@pytest.mark.parametrize(
    ("fields", "parts", "paths", "notes"),
    [
        ({"lines": LINE}, {"lines": ["sku"]}, ["lines.sku"], []),
        ({"lines": LINE}, {"lines": ["sku", "size"]}, ["lines.size", "lines.sku"], []),
        ({"lines": LINE}, {}, ["lines.sku"], []),
        ({"more": MORE_OF}, {"more": ["__keys__"]}, ["more.__keys__"], []),
        ({"more": {"type": "object"}}, {"more": ["__values__"]}, ["more.__values__"], []),
        ({"more": MORE_OF}, {}, ["more"], []),
        ({"more": MORE_OF}, {"more": ["nothing"]}, ["more"], ["more"]),
        ({"more": MORE_OF}, {"nothing": ["__keys__"]}, ["more"], ["nothing"]),
    ],
)
@pytest.mark.parametrize("form", [lambda field: field, as_published])
def test_each_dynamic_part_has_a_function_and_is_written_again(fields, parts, paths, notes, form):
    fields = {name: form(field) for name, field in fields.items()}
    action = {"title": "Send", "fields": fields, "dynamicFields": parts}
    document = {"slug": "acme", "name": "Acme", "actions": {"send": action}}
    imported = read_definition(document)
    assert list(imported.destination.actions["send"].choices) == paths
    found = [note.path for note in imported.notes]
    assert found == [f"/actions/send/dynamicFields/{name}" for name in notes]
    assert Catalog.of(imported.destination).destinations
    assert write_definition(imported.destination) == document


def test_nested_dynamic_fields_of_ours_are_written_as_parts():
    sku = {"type": "string", "x-dynamic": True}
    lines = {"type": "array", "items": {"type": "object", "properties": {"sku": sku}}}
    more = {"type": "object", "x-dynamic": {"parts": ["__keys__"]}}
    fields = {"type": "object", "properties": {"lines": lines, "more": more, "sku": sku}}
    paths = ("lines.sku", "more.__keys__", "sku")
    action = replace(ECHO.actions["say"], fields=fields, choices=dict.fromkeys(paths, print))
    settings = {"type": "object", "properties": {"pool": sku, "name": {"type": "string"}}}
    destination = replace(ECHO, settings=settings, actions={"say": action})
    written = write_definition(destination)
    assert written["actions"]["say"]["dynamicFields"] == {"lines": ["sku"], "more": ["__keys__"]}
    written_settings = written["authentication"]["fields"]
    assert written_settings["pool"]["dynamic"] is True
    assert "dynamic" not in written_settings["name"]


def test_imported_choices_are_still_to_be_written():
    field = {"list": {"type": "string", "dynamic": True}}
    hooks = {"onMappingSave": {"label": "Save", "inputFields": field}}
    document = {
        "slug": "acme",
        "name": "Acme",
        "authentication": {"fields": field},
        "audienceConfig": {"audienceFields": field},
        "actions": {"send": {"fields": field, "hooks": hooks}},
    }
    destination = read_definition(document).destination
    action = destination.actions["send"]
    forms = (destination, destination.audience, action, action.hooks["onMappingSave"])
    for form in forms:
        with pytest.raises(IntegrationError, match="still to be written"):
            asyncio.run(form.choices["list"](None, None))
