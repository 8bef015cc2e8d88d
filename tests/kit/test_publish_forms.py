"""The form schema and its layouts: what a form generator gets to see of a field."""

import json

import pytest

from destination_kit.cli.rendering import render_json_line
from destination_kit.fields.checker import build_schema_validator
from destination_kit.publish.form_schema import form_schema, plain_formats
from destination_kit.publish.jsonforms import form_uischema, settings_uischema
from destination_kit.publish.rjsf import form_ui, settings_ui

PATH = {"@path": "$.a"}
IF = {"@if": {"exists": PATH, "then": PATH, "else": PATH}}
FIELDS = {
    "type": "object",
    "required": ["email"],
    "additionalProperties": False,
    "properties": {
        "email": {"type": "string", "title": "Email", "description": "See [it](https://e.example).", "format": "email", "default": PATH},
        "note": {"type": "string", "format": "text", "x-placeholder": "Hello"},
        "key": {"type": ["string", "null"], "writeOnly": True},
        "count": {"type": "integer", "minimum": 1},
        "when": {"type": ["string", "number"], "format": "date-like"},
        "plan": {"type": "string", "oneOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]},
        "tags": {"type": "array", "items": {"type": "string", "title": "Tag"}},
        "data": {"type": "object"},
        "address": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"pin": {"type": "string", "format": "password"}}, "additionalProperties": True}},
        "batch": {"type": "string", "x-hidden": True},
        "any": {"title": "Anything"},
        "source": {"type": "string", "readOnly": True, "default": PATH},
    },
    "allOf": [{"if": {"required": ["note"]}, "then": {"required": ["key"]}}],
}  # fmt: skip
FORM = json.loads(render_json_line(form_schema(FIELDS)))
RJSF = json.loads(render_json_line(form_ui(FORM, FIELDS)))
JSONFORMS = json.loads(render_json_line(form_uischema(FIELDS)))


def titles(name):
    return [each["title"] for each in FORM["properties"][name]["oneOf"]]


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


def test_a_form_refers_to_nothing_and_has_no_rules_between_fields():
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
        {"email": {"@if": {"exists": PATH, "then": PATH, "else": "nobody"}}},
        {"email": {"@if": {"exists": {"@template": "x"}, "then": 1}}},
        {"email": {"@liquid": "{{ a }}"}},
        {"email": {"@path": {"@template": "$.{{a}}"}}},
        {"email": {"@path": "$.a", "__segment_internal_directive": {}}},
        {"email": PATH, "plan": "a", "count": 2, "tags": ["a"], "when": 5},
        {"email": PATH, "data": {"a": 1, "b": PATH, "c": IF, "d": {"@replace": {"pattern": "a", "value": PATH}}}},
        {"email": PATH, "data": PATH, "address": PATH},
        {"email": PATH, "data": {"@merge": {"objects": [PATH]}}, "tags": {"@arrayPath": ["$.tags"]}},
        {"email": PATH, "lines": [{"pin": PATH, "more": "x"}], "address": {"city": IF}},
        *({"email": PATH, "any": each} for each in ("x", 1, 1.5, True, {"a": 1}, PATH)),
    ],
)  # fmt: skip
def test_a_value_fits_one_choice(value):
    assert [each.message for each in build_schema_validator(FORM).iter_errors(value)] == []


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({}, ""),
        ({"email": "nobody"}, "email"),
        ({"email": {"path": "$.a"}}, "email"),
        ({"email": {}}, "email"),
        ({"email": PATH, "plan": "c"}, "plan"),
        ({"email": PATH, "count": 0}, "count"),
        ({"email": PATH, "address": {}}, "address"),
        ({"email": PATH, "tags": [PATH]}, "tags"),
    ],
)
def test_what_fits_none_is_wrong_where_it_stands(value, place):
    errors = list(build_schema_validator(FORM).iter_errors(value))
    assert {"/".join(map(str, each.absolute_path)) for each in errors} == {place}


def test_a_wrong_text_is_one_fault_and_not_one_per_choice():
    [error] = build_schema_validator(FORM).iter_errors({"email": "nobody"})
    assert error.validator == "format"


def test_formats_that_only_we_know_are_left_out():
    assert "date-like" not in render_json_line(FORM)
    assert plain_formats({"properties": {"a": {"type": "string", "format": "text"}}}) == {
        "properties": {"a": {"type": "string"}}
    }


def test_rjsf_keeps_the_order_marks_what_is_required_and_hides_what_is_hidden():
    assert RJSF["ui:order"] == [*FIELDS["properties"], "*"]
    assert RJSF["email"]["ui:title"] == "Email*"
    assert RJSF["batch"] == {"ui:widget": "hidden"}
    assert RJSF["note"]["oneOf"][0] == {
        "ui:label": False,
        "ui:widget": "textarea",
        "ui:placeholder": "Hello",
    }


def test_a_secret_is_masked_in_both_wherever_it_stands():
    assert RJSF["key"]["oneOf"][0]["ui:widget"] == "password"
    [pin] = [each["pin"] for each in [RJSF["lines"]["oneOf"][0]["items"]]]
    assert pin["oneOf"][0]["ui:widget"] == "password"
    assert control("key")["options"]["detail"]["options"] == {"format": "password"}
    secret = {"properties": {"token": {"type": "string", "writeOnly": True}}}
    assert settings_ui(secret)["token"] == {"ui:widget": "password"}
    [token] = settings_uischema(secret)["elements"]
    assert token["options"] == {"format": "password"}


def test_what_is_only_to_be_read_is_so_in_the_layouts():
    assert "readOnly" not in FORM["properties"]["source"]
    assert RJSF["source"]["ui:readonly"] is True
    assert control("source")["options"]["detail"]["options"] == {"readonly": True}


def group(name):
    scope = f"#/properties/{name}"
    return next(each for each in JSONFORMS["elements"] if each["elements"][-1]["scope"] == scope)


def control(name):
    return group(name)["elements"][-1]


def test_json_forms_names_each_field_with_its_help_and_leaves_hidden_ones_out():
    assert group("email")["label"] == "Email*"
    assert group("email")["elements"][0] == {"type": "Label", "text": "See it: https://e.example."}
    assert group("note")["label"] == "note"
    assert "batch" not in render_json_line(JSONFORMS)


def test_json_forms_finds_the_inside_of_objects_by_their_places():
    details = {each["path"]: each["uischema"] for each in JSONFORMS["options"]["details"]}
    assert details[""] == {"type": "Control", "scope": "#"}
    assert details[r"^data(\.\d+)?$"]["elements"] == [{"type": "Control", "scope": "#"}]
    assert details[r"^address(\.\d+)?$"]["elements"][0]["label"] == "city*"
    assert details[r"^lines(\.\d+)?$"]["elements"][-1] == {"type": "Control", "scope": "#"}


def test_an_action_that_takes_any_payload_is_an_open_map():
    form = json.loads(render_json_line(form_schema({"type": "object"})))
    assert build_schema_validator(form).is_valid({"a": PATH, "b": 1})
    assert build_schema_validator(form).is_valid({"a": {"path": {"b": 1}}, "c": {}})
    assert not build_schema_validator(form).is_valid({"a": [1]})
    assert form_uischema({"type": "object"})["elements"] == [{"type": "Control", "scope": "#"}]
    assert form_ui(form, {"type": "object"})["additionalProperties"]["oneOf"]
