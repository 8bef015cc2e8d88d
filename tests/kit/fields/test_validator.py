from __future__ import annotations

import json
from pathlib import Path

import pytest

from destination_kit._javascript import number_to_string
from destination_kit._json import MISSING
from destination_kit.errors import DefinitionError
from destination_kit.fields import compile_validator
from destination_kit.schema_checks import check_schema
from destination_kit.segment import fields_to_schema

CASES = Path(__file__).parents[2] / "cases" / "schema"


def recorded(name):
    return json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))


def field(**schema):
    return {"type": "object", "properties": {"f": schema}}


def value_of(schema, given):
    payload, problems = compile_validator(field(**schema))({"f": given})
    assert not problems
    return payload["f"]


def problem_of(schema, given):
    _, (problem,) = compile_validator(field(**schema))({"f": given})
    return problem


def tagged(value):
    """Return a value as the recorded cases write it."""
    if isinstance(value, float) and str(value) in ("-0.0", "inf", "-inf"):
        return {"$js": number_to_string(value) if value else "-0"}
    if isinstance(value, dict):
        return {key: tagged(member) for key, member in value.items()}
    return [tagged(member) for member in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", recorded("payloads"), ids=lambda case: json.dumps(case)[:70])
def test_a_payload_becomes_what_the_reference_makes_of_it(case):
    schema = fields_to_schema(case["fields"])
    payload, problems = {}, check_schema(schema)
    if not problems:
        validate = compile_validator(schema, exempt=("dynamicAuthSettings",))
        payload, problems = validate(untagged(case["payload"]))
    places = {problem.path.replace("~1", "/").replace("~0", "~") for problem in problems}
    outcome = {"places": sorted(places)} if places else {"ok": tagged(payload)}
    assert outcome == case["expected"]


def untagged(value):
    if isinstance(value, dict) and "$js" in value:
        return MISSING if value["$js"] == "undefined" else float(value["$js"])
    if isinstance(value, dict):
        return {key: untagged(member) for key, member in value.items()}
    return [untagged(member) for member in value] if isinstance(value, list) else value


@pytest.mark.parametrize("text", ["1e400", "1" * 400, "0x" + "f" * 400, "Infinity"])
def test_text_beyond_every_double_is_infinite(text):
    assert value_of({"type": "number", "maximum": 10}, text) == float("inf")
    assert value_of({"type": "integer"}, text) == float("inf")


@pytest.mark.parametrize("kind", ["number", "integer", ["number", "null"]])
def test_a_number_that_was_given_as_infinite_is_refused_in_words(kind):
    problem = problem_of({"type": kind, "maximum": 10}, float("inf"))
    assert (problem.path, problem.code) == ("/f", "type")
    assert "no finite number was found" in problem.message


def test_the_input_is_neither_changed_nor_shared():
    given = {"f": {"a": [{"b": "c"}]}, "g": ["1"], "h": 1}
    before = json.dumps(given)
    schema = {
        "properties": {"f": {"type": "object"}, "g": {"type": "number"}, "h": {"type": "array"}}
    }
    payload, _ = compile_validator(schema)(given)
    payload["f"]["a"][0]["b"] = "changed"
    assert json.dumps(given) == before
    assert payload == {"f": {"a": [{"b": "changed"}]}, "g": 1, "h": [1]}


def test_an_absent_item_is_null_where_no_field_says_what_items_are():
    assert value_of({"type": "object"}, {"a": [MISSING, 1], "b": MISSING}) == {"a": [None, 1]}


def test_an_absent_item_is_refused_where_text_is_wanted():
    lists = {"type": "array", "items": {"type": "string"}}
    objects = {"type": "array", "items": {"type": "object", "properties": {"q": lists}}}
    assert problem_of(objects, [{"q": [MISSING]}]).path == "/f/0/q/0"


def test_half_a_surrogate_pair_is_replaced_in_keys_and_values():
    assert value_of({"type": "object"}, {"\ud83d": "a\udc4d"}) == {"\ufffd": "a\ufffd"}


def test_two_halves_that_meet_are_one_character():
    assert value_of({"type": "string"}, "\ud83d\udc4d") == "👍"


def test_large_integers_keep_their_digits():
    assert value_of({"type": "string"}, 9007199254740993) == "9007199254740993"
    assert value_of({"type": "integer"}, "9007199254740993") == 9007199254740993


def test_defaults_are_never_applied():
    assert compile_validator(field(type="string", default="d"))({}) == ({}, ())


def test_a_payload_that_is_no_object_is_refused_as_a_whole():
    payload, (problem,) = compile_validator(field(type="string"))("text")
    assert (payload, problem.path, problem.code) == ({}, "", "type")
    assert problem.message == "The payload must be an object, but text was found."


def test_unknown_properties_stay_where_the_schema_asks_for_them():
    schema = {"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "number"}}
    assert compile_validator(schema)({"a": "x", "b": "5"})[0] == {"a": "x", "b": 5}


def test_properties_described_by_a_pattern_stay():
    schema = {"properties": {}, "patternProperties": {"^x_": {"type": "string"}}}
    assert compile_validator(schema)({"x_1": "a"}) == ({"x_1": "a"}, ())


def test_exempt_properties_pass_as_they_are():
    validate = compile_validator(field(type="string"), exempt=("auth",))
    assert validate({"auth": {"a": None}, "other": 1})[0] == {"auth": {"a": None}}


@pytest.mark.parametrize(
    ("schema", "given", "message"),
    [
        ({"type": "number", "title": "Age"}, "x", "Age must be a number, but text was found."),
        ({"type": ["string", "null"]}, {}, "The value at /f must be text or null, but an object was found."),
        ({"type": "string", "enum": ["a", "b"]}, "c", 'The value at /f must be one of "a", "b".'),
        ({"type": "string", "enum": ["é"]}, "c", 'The value at /f must be one of "é".'),
        ({"type": "string", "oneOf": [{"const": "a", "title": "A"}]}, "c", 'The value at /f must be one of "a".'),
        ({"type": "string", "format": "uri", "title": "URL"}, "x", "URL must be a valid URI."),
        ({"type": "string", "maxLength": 1}, "xy", "The value at /f must have 1 or fewer characters."),
        ({"type": "number", "minimum": 5}, 1, "The value at /f must be 5 or more."),
        ({"type": "array", "uniqueItems": True}, [1, 1], "The value at /f must not contain the same item twice."),
        ({"type": "string", "contentEncoding": "x", "not": {"const": "a"}}, "a", "The value at /f is not allowed."),
    ],
)  # fmt: skip
def test_a_message_names_the_field_and_what_is_wrong(schema, given, message):
    assert problem_of(schema, given).message == message


def test_a_message_names_fifty_options_at_most():
    [problem] = [problem_of({"type": "string", "enum": [str(n) for n in range(3_000)]}, "x")]
    assert problem.message.endswith(', "48", "49", 2,950 more.')
    assert problem_of({"enum": list(range(50))}, "x").message.endswith(", 48, 49.")


def test_an_integer_beyond_the_floats_is_a_multiple_of_any_fraction():
    assert compile_validator(field(type="number", multipleOf=0.01))({"f": 10**400})[1] == ()


def test_a_missing_field_is_a_problem_at_its_own_path():
    schema = {"properties": {"a": {"type": "string", "title": "Email"}}, "required": ["a"]}
    _, (problem,) = compile_validator(schema)({})
    assert (problem.path, problem.code) == ("/a", "required")
    assert problem.message == "Email is required."


def test_no_message_shows_a_value():
    schema = {"properties": {"a": {"type": "number", "format": "password", "writeOnly": True}}}
    _, problems = compile_validator(schema)({"a": "hunter2"})
    assert problems
    assert "hunter2" not in str(problems)


def test_problems_are_sorted_by_path_and_come_once():
    schema = {"required": ["b", "a"], "properties": {"c": {"type": "number"}, "a": {}, "b": {}}}
    _, problems = compile_validator({**schema, "allOf": [{"required": ["a"]}]})({"c": "x"})
    assert [problem.path for problem in problems] == ["/a", "/b", "/c"]


@pytest.mark.parametrize("schema", [field(type="email"), field(type="string", pattern="(")])
def test_a_schema_that_cannot_be_compiled_is_refused_at_once(schema):
    with pytest.raises(DefinitionError):
        compile_validator(schema)


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_a_union_of_rules_is_decided_by_jsonschema(keyword):
    schema = field(type="string", **{keyword: [{"minLength": 3}, {"pattern": "^a"}]})
    validate = compile_validator(schema)
    assert validate({"f": "ab"})[1] == ()
    assert [problem.code for problem in validate({"f": "b"})[1]] == [keyword]


def test_an_unlisted_schema_for_items_by_position_is_checked_too():
    schema = field(type="array", items=[{"type": "string"}])
    assert [problem.path for problem in compile_validator(schema)({"f": [1]})[1]] == ["/f/0"]


@pytest.mark.parametrize(
    ("pattern", "text", "valid"),
    [
        ("^a$", "a", True),
        ("^a$", "a\n", False),
        ("^a\\$$", "a$", True),
        ("^[$]$", "$", True),
        ("a$|b", "bc", True),
    ],
)
def test_the_dollar_of_a_pattern_is_the_very_end_as_in_javascript(pattern, text, valid):
    field = {"type": "string", "pattern": pattern}
    _, problems = compile_validator({"type": "object", "properties": {"f": field}})({"f": text})
    assert [problem.code for problem in problems] == ([] if valid else ["pattern"])


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "text"}, "fields"),
        (field(type="text"), "/properties/f"),
        (field(type="array", items={"type": ["string", "text"]}), "/properties/f/items"),
    ],
)
def test_an_unknown_type_is_refused_with_its_place(schema, place):
    with pytest.raises(DefinitionError) as refused:
        compile_validator(schema)
    assert str(refused.value) == f"{place}: there is no type 'text'"
