import pytest

from destination_kit.cli.rendering import render_json_line
from destination_kit.publish.form_schema import build_form_schema
from tests.kit.publish.forms import FIELDS, FORM, ID, IF, PATH, to_json, validator_of

FORM_VALIDATOR = validator_of(FIELDS)


def titles(name):
    definitions = FORM["definitions"]
    choices = FORM["properties"][name]["oneOf"]
    return [
        choice.get("title") or definitions[choice["$ref"].rpartition("/")[2]]["title"]
        for choice in choices
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("email", "Text, Variable, Template, If exists, If exists, else text, JSON"),
        ("count", "Whole number, Variable, Template, If exists, If exists, else whole number, JSON, Leave out"),
        ("when", "Text, Number, Variable, Template, If exists, If exists, else text, JSON, Leave out"),
        ("data", "Properties, Variable, If exists, Array, JSON, Leave out"),
        ("tags", "List, Variable, If exists, Array, JSON, Leave out"),
        ("any", "Text, Number, Yes or no, Properties, Variable, Template, If exists, If exists, else text, Array, JSON, Leave out"),
    ],
)  # fmt: skip
def test_a_field_is_a_few_choices_and_leaving_it_out_is_one_of_an_optional_field(name, expected):
    assert ", ".join(titles(name)) == expected


def test_a_form_has_no_defaults_because_they_would_return_to_saved_mappings():
    assert '"default"' not in render_json_line(FORM["properties"])


def test_a_form_keeps_conditional_requirements():
    assert FORM["allOf"] == FIELDS["allOf"]


VALUES = [
    *("a@b.example", PATH, {"@template": "{{a}}"}, IF),
    {"@if": {"exists": PATH, "then": PATH}},
    {"@if": {"exists": PATH, "then": PATH, "else": "unfit"}},
    {"@if": {"exists": {"@template": "x"}, "then": 1}},
    {"@liquid": "{{ a }}"},
    {"@path": {"@template": "$.{{a}}"}},
    {"@path": "$.a", "_metadata": {}},
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_fits_one_choice(value):
    assert not [error.message for error in FORM_VALIDATOR.iter_errors({"email": value})]


@pytest.mark.parametrize(
    "mapping",
    [
        {"plan": "a", "count": 2, "tags": ["a"], "when": 5},
        {"data": {"a": 1, "b": PATH, "c": IF, "d": {"@replace": {"pattern": "a", "value": PATH}}}},
        {"data": PATH, "address": PATH},
        {"data": {"@merge": {"objects": [PATH], "direction": "left"}}, "tags": {"@arrayPath": ["$.tags"]}},
        {"lines": [{"pin": PATH, "more": "x"}], "address": {"city": IF}},
        {"lines": {"@arrayPath": ["$.lines", {"pin": {"@path": "$.id"}, "n": 1}]}},
        {"tags": [PATH, {"@template": "x"}]},
        {"unknown": 5},
        # The kit drops what is empty, and converts what has another type.
        {"zip": None, "count": None, "tags": None, "plan": ""},
        {"zip": 5, "count": 5, "plan": 5, "tags": "one", "flag": "true", "rate": "5.5"},
        {"zip": ["one"]},
        {"email": {"@literal": "a@b.example"}},
        {"zip": {"part": PATH}},
        *({"any": value} for value in ("x", 1, 1.5, True, {"a": 1}, [1], PATH)),
    ],
)  # fmt: skip
def test_a_form_takes_what_the_kit_takes(mapping):
    assert not list(FORM_VALIDATOR.iter_errors({"email": PATH, **mapping}))


@pytest.mark.parametrize(
    ("mapping", "location"),
    [
        ({}, ""),
        ({"email": "unfit"}, "email"),
        ({"email": ""}, "email"),
        ({"email": None}, "email"),
        ({"email": {"path": "$.a"}}, "email"),
        ({"email": {"@literal": {}}}, "email"),
        ({"email": {}}, "email"),
        ({"email": PATH, "plan": "c"}, "plan"),
        ({"email": PATH, "plan": 6}, "plan"),
        ({"email": PATH, "count": 0}, "count"),
        ({"email": PATH, "rate": "five"}, "rate"),
        ({"email": PATH, "address": {}}, "address"),
        ({"email": PATH, "note": {"@pth": "$.a"}}, "note"),
        ({"email": PATH, "note": {"@case": {"value": PATH}}}, "note"),
        ({"email": PATH, "note": {"@path": "$.a", "other": 1}}, "note"),
        ({"email": PATH, "data": {"x": {"@nope": 1}}}, "data"),
        ({"email": PATH, "unknown": {"@nope": 1}}, ""),
    ],
)
def test_a_value_that_fits_no_choice_is_an_error_of_its_field(mapping, location):
    errors = [error for error in FORM_VALIDATOR.iter_errors(mapping) if error.validator != "not"]
    found = errors or list(FORM_VALIDATOR.iter_errors(mapping))
    assert location in {"/".join(map(str, error.absolute_path)) for error in found}


def test_an_invalid_text_is_one_error_and_not_one_per_choice():
    [error] = FORM_VALIDATOR.iter_errors({"email": "unfit"})
    assert error.validator == "format"


def test_a_partial_mapping_may_leave_out_what_has_a_default():
    partial = validator_of(FIELDS, partial=True)
    assert partial.is_valid({})
    assert partial.is_valid({"note": "x"})  # the rule that asks for `key` sees no default of it
    assert partial.is_valid({"source": None})
    assert not partial.is_valid({"email": None})


def test_custom_formats_are_left_out():
    assert "date-like" not in render_json_line(FORM)


def test_a_form_leaves_read_only_to_the_layouts():
    assert "readOnly" not in FORM["properties"]["source"]


def test_an_action_that_takes_any_payload_is_an_open_map():
    form = validator_of({"type": "object"})
    assert form.is_valid({"a": PATH, "b": 1})
    assert form.is_valid({"a": {"path": {"b": 1}}, "c": {}, "d": [1], "e": None})
    assert not form.is_valid({"a": {"@nope": 1}})


def test_fields_share_the_definitions_of_their_choices():
    choices = to_json(build_form_schema(FIELDS, ID))["definitions"]
    assert FORM["properties"]["email"]["oneOf"][1] == {"$ref": "#/definitions/variable"}
    assert choices["variable"]["properties"] == {"@path": {"title": "Event path", "type": "string"}}


def test_a_directive_of_a_plugin_is_one_choice_more_of_json():
    assert validator_of(FIELDS, directives=["@path", "@mine"]).is_valid({"email": {"@mine": 1}})
    assert not FORM_VALIDATOR.is_valid({"email": {"@mine": 1}})


def test_a_form_says_which_texts_are_masked_and_which_have_several_lines():
    assert FORM["properties"]["note"]["x-multiline"] is True
    pin = FORM["properties"]["lines"]["oneOf"][0]["items"]["oneOf"][0]["properties"]["pin"]
    assert pin["writeOnly"] is True
    assert "format" not in pin
