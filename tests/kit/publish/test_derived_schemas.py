from __future__ import annotations

import pytest

from destination_kit.fields.checker import build_schema_validator
from destination_kit.publish.derived_schemas import build_mapping_schema, build_payload_schema
from tests.kit.fields.sample_schema import SCHEMA


def takes(mapping):
    return build_schema_validator(build_mapping_schema(SCHEMA)).is_valid(mapping)


def test_the_payload_schema_has_no_default_at_any_depth():
    assert '"default"' not in repr(build_payload_schema(SCHEMA)).replace("'", '"')
    assert build_payload_schema(SCHEMA)["properties"]["email"]["title"] == "Email"


def test_the_authors_schema_is_left_alone():
    before = repr(SCHEMA)
    build_payload_schema(SCHEMA)
    build_mapping_schema(SCHEMA)
    assert repr(SCHEMA) == before


@pytest.mark.parametrize(
    "mapping",
    [
        {"email": "a@b.c"},
        {"email": {"@path": "$.email"}},
        {"email": {"@path": "$.x", "__segment_internal_directive": {"kind": "variable"}}},
        {"email": "x", "plan": {"@template": "{{plan}}"}, "tags": [{"@path": "$.tag"}, "x"]},
        {"email": "x", "address": {"city": {"@path": "$.city"}}},
    ],
)
def test_a_mapping_may_hold_literals_and_directives(mapping):
    assert takes(mapping)


@pytest.mark.parametrize(
    "mapping",
    [{}, {"email": 5}, {"email": {"path": "$.x"}}, {"email": "x", "plan": "c"}, {"email": {}}],
)
def test_a_mapping_must_hold_what_is_required_and_literals_of_the_right_type(mapping):
    assert not takes(mapping)


def test_the_mapping_schema_keeps_titles_defaults_and_annotations_on_the_field():
    email = build_mapping_schema(SCHEMA)["properties"]["email"]
    assert email["title"] == "Email"
    assert email["default"] == {"@path": "$.email"}
    assert email["x-category"] == "who"
    assert email["anyOf"][0] == {"type": "string"}
