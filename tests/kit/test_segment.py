from __future__ import annotations

import json
from pathlib import Path

import pytest

from destination_kit.catalog.subscriptions import compile_subscription
from destination_kit.errors import ConfigurationError, DefinitionError
from destination_kit.fields import check_schema, compile_validator
from destination_kit.mapping import DIRECTIVES
from destination_kit.segment import (
    fields_to_schema,
    read_definition,
    read_instance,
    write_definition,
)
from tests.conformance.compare import equal
from tests.conformance.port_fields import schema_in_their_shape
from tests.conformance.wire import encode

CASES = Path(__file__).parents[1] / "cases" / "schema"
WHEN = {"conditions": [{"fieldKey": "a", "operator": "is", "value": "x"}]}


def recorded():
    return json.loads((CASES / "definitions.json").read_text(encoding="utf-8"))


def schema_of(**field):
    return fields_to_schema({"f": {"label": "F", **field}})["properties"]["f"]


@pytest.mark.parametrize("case", recorded(), ids=lambda case: ",".join(case["fields"]))
def test_our_schema_can_be_written_back_as_the_references(case):
    assert equal(case["expected"], encode(schema_in_their_shape(case)))


@pytest.mark.parametrize("case", recorded(), ids=lambda case: ",".join(case["fields"]))
def test_our_schema_is_one_that_an_author_could_have_written(case):
    known = {each.path for each in check_schema(fields_to_schema(case["fields"]))}
    assert all("allOf" in place or "Length" in place for place in known)


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        ({"type": "string"}, {"type": "string"}),
        ({"type": "text"}, {"type": "string", "format": "text"}),
        ({"type": "password"}, {"type": "string", "format": "password", "writeOnly": True}),
        ({"type": "datetime"}, {"type": ["string", "number"], "format": "date-like"}),
        ({"type": "boolean", "allowNull": True}, {"type": ["boolean", "null"]}),
        ({"type": "number", "multiple": True}, {"type": "array", "items": {"type": "number"}}),
        ({"type": "string", "choices": ["a"]}, {"type": "string", "enum": ["a"]}),
        (
            {"type": "string", "choices": [{"label": "A", "value": "a"}]},
            {"type": "string", "oneOf": [{"const": "a", "title": "A"}]},
        ),
        ({"type": "string", "maximum": 5}, {"type": "string", "maxLength": 5}),
        ({"type": "object", "defaultObjectUI": "keyvalue"}, {"type": "object", "x-object-editor": "keyvalue"}),
        ({"type": "string", "dynamic": True, "placeholder": "p"}, {"type": "string", "x-dynamic": True, "x-placeholder": "p"}),
        ({"type": "string", "readOnly": True, "category": "c"}, {"type": "string", "readOnly": True, "x-category": "c"}),
        ({"type": "string", "disabledInputMethods": ["literal"]}, {"type": "string", "x-input-methods": {"disabled": ["literal"]}}),
        ({"type": "string", "depends_on": WHEN, "hidden": False}, {"type": "string", "x-depends-on": WHEN, "x-hidden": False}),
        ({"type": "object", "additionalProperties": True}, {"type": "object", "additionalProperties": True}),
        ({"type": "string", "displayMode": "collapsed", "hidden": True}, {"type": "string", "x-display": "collapsed", "x-hidden": True}),
    ],
)  # fmt: skip
def test_an_attribute_becomes_a_keyword_or_an_annotation(field, schema):
    assert schema_of(**field) == {"title": "F", **schema}
    assert check_schema({"properties": {"f": schema_of(**field)}}) == ()


@pytest.mark.parametrize(
    ("field", "left"),
    [
        ({"type": "integer", "minimum": 3}, {"minimum": 3}),
        ({"type": "number", "minimum": 0}, {"minimum": 0}),
        ({"type": "text", "format": "uri"}, {"format": "uri"}),
        ({"type": "string", "format": "text"}, {"type": "string", "format": "text"}),
        ({"type": "string", "multiple": True, "allowNull": True}, {"allowNull": True}),
        ({"type": "object", "additionalProperties": 1}, {"additionalProperties": 1}),
        ({"type": "string", "required": WHEN}, {"required": WHEN}),
        ({"type": "string", "unheardOf": 1}, {"unheardOf": 1}),
    ],
)
def test_what_no_keyword_says_is_kept_for_segment(field, left):
    assert schema_of(**field)["x-segment"] == left


def test_a_condition_requires_a_field_as_the_reference_means_it():
    schema = fields_to_schema({"a": {"type": "string"}, "f": {"type": "string", "required": WHEN}})
    (rule,) = schema["allOf"]
    assert rule["if"] == {"properties": {"a": {"const": "x"}}, "required": ["a"]}
    assert rule["then"] == {"required": ["f"]}


def test_a_condition_with_an_unknown_operator_is_refused():
    odd = {"conditions": [{"fieldKey": "a", "operator": "like", "value": "x"}]}
    with pytest.raises(DefinitionError, match="like"):
        schema_of(type="string", required=odd)


def test_no_fields_means_that_anything_goes():
    assert fields_to_schema({}) == {"type": "object"}


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
    compiled = compile_subscription(destination, given, DIRECTIVES, set(), {})
    assert compiled.warnings == ()


MORE = {"unheardOf": 1}
WITH_CHOICE = {"type": "string", "choices": [{"label": "A", "value": "a", **MORE}]}
WITH_CONDITION = {
    "conditions": [{"fieldKey": "a", "operator": "is", **MORE}],
    "unheardOf": 1,
}


@pytest.mark.parametrize(
    ("part", "places"),
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
def test_what_nobody_knows_is_noted_wherever_it_stands(part, places):
    document = {"slug": "acme", "name": "Acme", "actions": {}, **part}
    imported = read_definition(document)
    assert [each.path for each in imported.notes] == [f"{place}/unheardOf" for place in places]
    assert write_definition(imported.destination) == document


def test_segments_instance_is_read_as_ours():
    document = {
        "__segment_internal_id": 1,
        "settings": {"apiKey": "k", "__segment_internal_x": 1},
        "subscriptions": [
            {
                "partnerAction": "send",
                "subscribe": 'type = "track"',
                "mapping": {
                    "a": {"@path": "$.a", "__segment_internal_directive": {"kind": "variable"}},
                    "__segment_internal_sync_mode": "add",
                },
            },
            {"partnerAction": "send", "name": "Named", "enabled": False},
        ],
    }
    first, second = read_instance(document, "echo")["subscriptions"]
    assert first == {
        "name": "send",
        "action": "send",
        "enabled": True,
        "trigger": 'type = "track"',
        "mapping": {"a": {"@path": "$.a", "__segment_internal_directive": {"kind": "variable"}}},
        "useDefaultMapping": False,
    }
    assert (second["name"], second["enabled"], "trigger" in second) == ("Named", False, False)
    assert read_instance(document, "echo")["settings"] == {"apiKey": "k"}
    assert read_instance(document, "echo")["destination"] == "echo"


@pytest.mark.parametrize(
    "document",
    [
        {"subscription": {"partnerAction": "send"}},
        {"settings": {"subscription": {"partnerAction": "send"}}},
        {"settings": {"subscriptions": [{"partnerAction": "send"}]}},
    ],
)
def test_subscriptions_are_found_wherever_segment_puts_them(document):
    instance = read_instance(document, "echo")
    assert [each["action"] for each in instance["subscriptions"]] == ["send"]
    assert instance["settings"] == {}


def test_repeated_names_are_numbered():
    document = {"subscriptions": [{"partnerAction": "send"}] * 3}
    names = [each["name"] for each in read_instance(document, "echo")["subscriptions"]]
    assert names == ["send", "send 2", "send 3"]


def test_what_is_no_subscription_is_refused_at_its_place():
    with pytest.raises(ConfigurationError) as caught:
        read_instance({"subscriptions": [{"subscribe": "x"}, 5]}, "echo")
    assert [each.path for each in caught.value.problems] == ["/subscriptions/0", "/subscriptions/1"]
