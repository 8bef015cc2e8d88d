"""Forged answers of ours that a row once let pass, and what the row prescribes instead."""

from __future__ import annotations

import json

import pytest

from tests.conformance import faults, port, prescriptions, row_digits, row_inherited, rows, spelling
from tests.conformance.cases import Case
from tests.conformance.compare import judge
from tests.conformance.places import places
from tests.conformance.wellformed import is_well_formed


def value(result):
    return {"id": 1, "ok": result}


def error(*places_):
    parts = [{"name": "E", "message": "is not right", "pointer": place} for place in places_]
    return {"id": 1, "error": {"name": "E", "message": "no", "errors": parts}}


def verdict(request, theirs, ours, **asides):
    answers = {name.replace("__", " "): each for name, each in asides.items()}
    found = judge(Case(request, theirs, ours, answers), prescriptions.row_of)
    return found.row or found.kind


FIELDS = {"s": {"label": "S", "type": "string", "required": True}}
MAPPED = {"partnerAction": "send", "subscribe": 'type = "track"', "mapping": {"s": 1}}
EMPTY = {**MAPPED, "mapping": {}}


def instance(*subscriptions):
    return {
        "op": "onBatch",
        "events": [],
        "destination": {"name": "E", "actions": {"send": {"title": "S", "fields": FIELDS}}},
        "settings": {"subscriptions": list(subscriptions)},
    }


@pytest.mark.parametrize(
    ("subscriptions", "expected"),
    [([EMPTY], "D7"), ([EMPTY, MAPPED], "D7"), ([MAPPED, EMPTY], "different")],
)
def test_a_required_field_is_missed_only_where_the_mapping_leaves_it_out(subscriptions, expected):
    ours = error("/subscriptions/0/mapping/s")
    assert verdict(instance(*subscriptions), value([]), ours) == expected


def test_a_root_directive_may_fill_a_required_field():
    assert not rows.leaves_out({"__segment_internal_directive": {}}, "s")
    assert not rows.leaves_out({"@path": "$.x"}, "s")
    assert rows.leaves_out({"t": 1}, "s")


@pytest.mark.parametrize("mapping", ["text", None, 5, []])
def test_a_mapping_that_is_no_object_leaves_every_field_out(mapping):
    assert rows.applies("D7", instance({**MAPPED, "mapping": mapping}))


BAD_LIMIT = {
    "op": "validatePayload",
    "fields": {"f": {"type": "string", "minimum": -2}, "g": {"type": "number"}},
    "payload": {},
}


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (["/properties/f/minLength"], "D7"),
        ([""], "different"),
        (["/properties/f"], "different"),
        (["/properties/g"], "different"),
        (["/properties/f/minLength", "/properties/g"], "different"),
        ([], "different"),
    ],
)
def test_a_bad_limit_is_complained_of_at_its_own_place_alone(ours, expected):
    assert verdict(BAD_LIMIT, value({}), error(*ours)) == expected


@pytest.mark.parametrize(
    ("operator", "expected"), [("lower", False), ("upper", False), ("LOWER", True), ("Upper", True)]
)
def test_the_operator_of_case_is_written_in_one_way(operator, expected):
    assert faults.is_faulty({"@case": {"operator": operator, "value": "a"}}) is expected


def test_a_format_keeps_its_name_when_inherited_names_are_renamed():
    fields = {"f": {"type": "string", "format": "link", "label": "link"}}
    renamed = row_inherited.renamed({"op": "validatePayload", "fields": fields, "payload": {}})
    assert renamed["fields"]["f"]["format"] == "link"
    assert renamed["fields"]["f"]["label"] != "link"


@pytest.mark.parametrize(
    ("place", "expected"), [("/properties/f/format", "D2"), ("/f", "different"), ("", "different")]
)
def test_a_format_of_an_inherited_name_is_refused_as_one_that_there_is_not(place, expected):
    request = {
        "op": "validatePayload",
        "fields": {"f": {"type": "string", "format": "toString"}},
        "payload": {"f": "a"},
    }
    unknown = {"id": 1, "error": {"name": "Error", "message": 'unknown format "_99_toString"'}}
    asides = {"renamed": unknown, "all__renamed": unknown}
    assert verdict(request, value({"f": "a"}), error(place), **asides) == expected


CHOICES = {
    "op": "validatePayload",
    "fields": {"f": {"type": "number", "choices": [{"label": "a", "value": 2**53 + 1}]}},
    "payload": {"f": 2**53},
}


@pytest.mark.parametrize(("place", "expected"), [("/f", "D1"), ("/g", "different")])
def test_choices_that_are_one_double_are_told_apart(place, expected):
    asked = row_digits.questions(Case(CHOICES, value({}), value({})))["short"]
    assert asked["payload"]["f"] != asked["fields"]["f"]["choices"][0]["value"] < 2**53
    short = error("/f")
    assert verdict(CHOICES, value({"f": 2**53}), error(place), short=short) == expected
    assert verdict(CHOICES, value({"f": 2**53}), error(place), short=value({})) == "different"


def test_a_long_number_keeps_its_digits_where_match_drops_the_first():
    request = {"op": "parseFql", "fql": "match(name, 9007199254740993)"}
    short = value({"operator": "ends_with", "value": str(2**52)[1:]})
    theirs = value({"operator": "ends_with", "value": "007199254740992"})
    right, wrong = ({**theirs["ok"], "value": f"00719925474099{end}"} for end in (3, 4))
    assert verdict(request, theirs, value(right), short=short) == "D1"
    assert verdict(request, theirs, value(wrong), short=short) == "different"


def test_half_a_character_that_match_drops_makes_a_trigger_misread():
    assert not is_well_formed('match(event, "👍ab")')
    assert is_well_formed('match(event, "👍ab*")')
    assert is_well_formed('contains(event, "👍ab")')
    assert is_well_formed('match(event, "ab👍")')
    assert spelling.spelled_out('match(event, "👍ab")').text == 'match(event, "*👍ab" )'


@pytest.mark.parametrize(("said", "expected"), [("👍ab", "D5"), ("ab", "different")])
def test_match_keeps_the_whole_character(said, expected):
    request = {"op": "parseFql", "fql": 'match(event, "👍ab")'}
    theirs, ours, asked = (
        value({"type": "group", "operator": "and", "children": [{"value": each}]})
        for each in ("\udc4dab", said, "👍ab")
    )
    case = Case(request, theirs, ours, {'match(event, "*👍ab" )': asked})
    found = judge(case, prescriptions.row_of)
    assert (found.row or found.kind) == expected


def test_that_another_alternative_does_not_fit_either_is_no_place_of_its_own():
    nested = "data/properties/f/items"
    message = (
        f"schema is invalid: {nested}/enum must NOT have duplicate items (items ## 0 and 1 are "
        f"identical), {nested} must be array, {nested} must match a schema in anyOf"
    )
    assert places({"name": "Error", "message": message}) == {"/properties/f/items/enum"}
    alone = "schema is invalid: data/properties/f/items must be array"
    assert places({"name": "Error", "message": alone}) == {"/properties/f/items"}


def test_a_type_is_wrong_at_one_place():
    message = (
        "schema is invalid: data/properties/f/type must be equal to one of the allowed values, "
        "data/properties/f/type/0 must be equal to one of the allowed values, "
        "data/properties/f/type must match a schema in anyOf"
    )
    assert places({"name": "Error", "message": message}) == {"/properties/f/type"}


def test_a_label_that_stands_twice_is_placed_in_the_words_of_the_reference():
    request = {"op": "validatePayload", "fields": {}, "payload": {}}
    message = "schema is invalid: data/properties/f/enum must NOT have duplicate items"
    theirs = {"id": 1, "error": {"name": "Error", "message": message}}
    assert verdict(request, theirs, error("/properties/f/oneOf/1")) == "translated"
    assert verdict(request, theirs, error("/properties/g/oneOf/1")) == "different"
    assert verdict(request, theirs, error("/f/oneOf/1")) == "different"


@pytest.mark.parametrize("name", ["", ".", "[]", None])
def test_a_condition_about_no_path_is_about_what_no_event_has(name):
    condition = {"type": "event-trait", "operator": "exists", "name": name}
    assert list(faults.odd_parts(condition)) == ["/name"]
    assert not list(faults.odd_parts({**condition, "name": "a"}))


@pytest.mark.parametrize(("theirs", "expected"), [("Infinity", "D1"), ("-Infinity", "different")])
def test_a_number_beyond_every_double_does_not_stop_the_comparison(theirs, expected):
    huge = int("9" * 400)
    request = {"op": "jsString", "value": huge}
    assert verdict(request, value({"$js": theirs}), value(huge)) == expected


def schema_of(fields):
    line = json.dumps({"id": 1, "op": "fieldsToJsonSchema", "fields": fields})
    return port.answer(line)["ok"]


def test_a_condition_about_an_object_without_keys_is_not_one_about_absence():
    conditions = [{"fieldKey": "a", "operator": "is", "value": {}}]
    fields = {"b": {"label": "B", "type": "string", "required": {"conditions": conditions}}}
    answer = schema_of(fields)
    [condition] = answer["allOf"]
    assert condition["if"]["properties"]["a"] == {"const": {}}


def test_a_choice_without_a_value_is_undefined_in_the_schema():
    fields = {"f": {"label": "F", "type": "string", "choices": [{"label": "only"}]}}
    answer = schema_of(fields)
    assert answer["properties"]["f"]["enum"] == [{"$js": "undefined"}]


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        ("name = 'it\"s'", "D5"),
        ('name = "\'it"s\'"', "same"),
        ("name = 'it\"z'", "different"),
        ('name = "its"', "different"),
    ],
)
def test_text_with_a_double_quote_is_written_readably(ours, expected):
    request = {"op": "roundTripFql", "fql": "name = 'it\"s'"}
    theirs = value('name = "\'it"s\'"')
    found = judge(
        Case(request, theirs, value(ours), {"name = 'it\"s' ": theirs}), prescriptions.row_of
    )
    assert (found.row or found.kind) == expected


def test_a_prototype_that_data_bring_is_a_key_like_any_other():
    request = {"op": "transform", "mapping": {"f": 1}, "data": {"traits": {"__proto__": []}}}
    renamed = {"renamed": value({}), "all__renamed": value({"f": 1})}
    assert verdict(request, value({}), value({"f": 1}), **renamed) == "D2"
    assert verdict(request, value({}), value({"f": 2}), **renamed) == "different"
