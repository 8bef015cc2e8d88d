from __future__ import annotations

import json
from pathlib import Path

import pytest

from destination_kit.errors import DefinitionError
from destination_kit.schema_checks import check_schema
from destination_kit.segment import (
    fields_to_schema,
)
from tests.conformance.compare import equal
from tests.conformance.port_fields import schema_in_their_shape
from tests.conformance.wire import encode

CASES = Path(__file__).parents[2] / "cases" / "schema"
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
