import pytest

from destination_kit.cli.rendering import render_json_line
from destination_kit.fields.checker import build_schema_validator
from destination_kit.publish.form_schema import build_form_schema, strip_custom_formats
from tests.kit.publish.forms import FORM, IF, PATH, to_json


def titles(name):
    return [choice["title"] for choice in FORM["properties"][name]["oneOf"]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("email", "Text, Variable, Template, If exists, If exists, else text, JSON"),
        ("count", "Whole number, Variable, Template, If exists, If exists, else whole number, JSON"),
        ("when", "Text, Number, Variable, Template, If exists, If exists, else text, JSON"),
        ("data", "Properties, Variable, If exists, JSON"),
        ("tags", "List, Variable, If exists, JSON"),
        ("any", "Text, Number, Yes or no, Properties, Variable, Template, If exists, If exists, else text, JSON"),
    ],
)  # fmt: skip
def test_a_field_is_a_few_choices(name, expected):
    assert ", ".join(titles(name)) == expected


def test_a_form_has_no_references_and_no_rules_between_fields():
    assert "$ref" not in render_json_line(FORM)
    assert "allOf" not in FORM


@pytest.mark.parametrize(
    "value",
    [
        {"email": "a@b.example"},
        {"email": PATH},
        {"email": {"@template": "{{a}}"}},
        {"email": IF},
        {"email": {"@if": {"exists": PATH, "then": PATH}}},
        {"email": {"@if": {"exists": PATH, "then": PATH, "else": "unfit"}}},
        {"email": {"@if": {"exists": {"@template": "x"}, "then": 1}}},
        {"email": {"@liquid": "{{ a }}"}},
        {"email": {"@path": {"@template": "$.{{a}}"}}},
        {"email": {"@path": "$.a", "__segment_internal_directive": {}}},
        {"email": PATH, "plan": "a", "count": 2, "tags": ["a"], "when": 5},
        {"email": PATH, "data": {"a": 1, "b": PATH, "c": IF, "d": {"@replace": {"pattern": "a", "value": PATH}}}},
        {"email": PATH, "data": PATH, "address": PATH},
        {"email": PATH, "data": {"@merge": {"objects": [PATH]}}, "tags": {"@arrayPath": ["$.tags"]}},
        {"email": PATH, "lines": [{"pin": PATH, "more": "x"}], "address": {"city": IF}},
        *({"email": PATH, "any": value} for value in ("x", 1, 1.5, True, {"a": 1}, PATH)),
    ],
)  # fmt: skip
def test_a_value_fits_one_choice(value):
    assert [error.message for error in build_schema_validator(FORM).iter_errors(value)] == []


@pytest.mark.parametrize(
    ("value", "location"),
    [
        ({}, ""),
        ({"email": "unfit"}, "email"),
        ({"email": {"path": "$.a"}}, "email"),
        ({"email": {}}, "email"),
        ({"email": PATH, "plan": "c"}, "plan"),
        ({"email": PATH, "count": 0}, "count"),
        ({"email": PATH, "address": {}}, "address"),
        ({"email": PATH, "tags": [PATH]}, "tags"),
    ],
)
def test_a_value_that_fits_no_choice_is_an_error_of_its_field(value, location):
    errors = list(build_schema_validator(FORM).iter_errors(value))
    assert {"/".join(map(str, error.absolute_path)) for error in errors} == {location}


def test_an_invalid_text_is_one_error_and_not_one_per_choice():
    [error] = build_schema_validator(FORM).iter_errors({"email": "unfit"})
    assert error.validator == "format"


def test_custom_formats_are_left_out():
    assert "date-like" not in render_json_line(FORM)
    assert strip_custom_formats({"properties": {"a": {"type": "string", "format": "text"}}}) == {
        "properties": {"a": {"type": "string"}}
    }


def test_a_form_leaves_read_only_to_the_layouts():
    assert "readOnly" not in FORM["properties"]["source"]


def test_an_action_that_takes_any_payload_is_an_open_map():
    form = to_json(build_form_schema({"type": "object"}))
    assert build_schema_validator(form).is_valid({"a": PATH, "b": 1})
    assert build_schema_validator(form).is_valid({"a": {"path": {"b": 1}}, "c": {}})
    assert not build_schema_validator(form).is_valid({"a": [1]})
