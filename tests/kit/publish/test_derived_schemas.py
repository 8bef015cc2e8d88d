from __future__ import annotations

import pytest

from destination_kit.fields.checker import build_schema_validator
from destination_kit.publish.derived_schemas import build_mapping_schema, build_payload_schema
from tests.kit.fields.sample_schema import SCHEMA
from tests.kit.publish.forms import to_json

ID = "https://destination-kit.invalid/schemas/test/act.mapping.schema.json"
MAPPING = {"$id": ID, **to_json(build_mapping_schema(SCHEMA, ID))}


def takes(mapping):
    return build_schema_validator(MAPPING).is_valid(mapping)


def test_the_payload_schema_has_no_default_at_any_depth():
    assert '"default"' not in repr(build_payload_schema(SCHEMA)).replace("'", '"')
    assert build_payload_schema(SCHEMA)["properties"]["email"]["title"] == "Email"


def test_the_authors_schema_is_left_alone():
    before = repr(SCHEMA)
    build_payload_schema(SCHEMA)
    build_mapping_schema(SCHEMA, ID)
    assert repr(SCHEMA) == before


@pytest.mark.parametrize(
    "mapping",
    [
        {"email": "a@b.c"},
        {"email": {"@path": "$.email"}},
        {"email": {"@path": "$.x", "_metadata": {"kind": "variable"}}},
        {"@merge": {"objects": [], "direction": "left"}},
        {"email": "x", "plan": {"@template": "{{plan}}"}, "tags": [{"@path": "$.tag"}, "x"]},
        {"email": "x", "address": {"city": {"@path": "$.city"}}},
    ],
)
def test_a_mapping_may_hold_literals_and_directives(mapping):
    assert takes(mapping)


@pytest.mark.parametrize(
    "mapping",
    [
        *({}, {"email": {"path": "$.x"}}, {"email": "a@b.c", "plan": "c"}, {"email": {}}),
        *({"email": "a@b.c", "phone": {"@nope": 1}}, {"email": {"@pth": "$.x"}}),
    ],
)
def test_a_mapping_must_hold_what_is_required_and_literals_of_the_right_type(mapping):
    assert not takes(mapping)


def test_the_mapping_schema_keeps_titles_defaults_and_annotations_on_the_field():
    email = MAPPING["else"]["properties"]["email"]
    assert email["title"] == "Email"
    assert email["default"] == {"@path": "$.email"}
    assert email["x-category"] == "who"
    assert email["oneOf"][0]["title"] == "Text"


def test_an_editor_finds_every_directive_in_a_field():
    email = MAPPING["else"]["properties"]["email"]
    assert email["anyOf"][0] == {"$ref": "#/definitions/composite"}
    assert "@liquid" in MAPPING["definitions"]["composite"]["properties"]
