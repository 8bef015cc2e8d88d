from __future__ import annotations

import pytest

from tests.conformance.cases import Case
from tests.conformance.compare import equal, judge
from tests.conformance.places import as_they_place_it, places

TRANSFORM = {"id": 1, "op": "transform", "mapping": {}, "data": {}}


def no_row(_case):
    return None


def value(result):
    return {"id": 1, "ok": result}


def error(*parts, **more):
    return {"id": 1, "error": {"name": "E", "message": "no", "errors": list(parts), **more}}


def part(pointer, message="is not right"):
    return {"name": "E", "message": message, "pointer": pointer}


def kind(theirs, ours, request=TRANSFORM, row_of=no_row):
    return judge(Case(request, theirs, ours), row_of).kind


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"f": "a"}, {"f": "b"}),
        (1, True),
        (0, False),
        (1, "1"),
        (None, False),
        ([], {}),
        ([1], [1, 2]),
        ({"f": None}, {}),
        ({}, {"f": {"$js": "undefined"}}),
        ({"$js": "-0"}, 0),
        (9007199254740992, 9007199254740993),
        ([{"a": [1, {"b": 2}]}], [{"a": [1, {"b": 3}]}]),
    ],
)
def test_another_value_or_type_is_different(theirs, ours):
    assert not equal(theirs, ours)
    assert kind(value(theirs), value(ours)) == "different"
    assert kind(value(ours), value(theirs)) == "different"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (1, 1.0),
        (123456789012345680000, 1.2345678901234568e20),
        (1e21, 10**21),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([None, ""], [None, ""]),
    ],
)
def test_what_javascript_cannot_tell_apart_is_the_same(theirs, ours):
    assert kind(value(theirs), value(ours)) == "same"


def test_undefined_is_not_null():
    assert kind({**value(None), "undefined": True}, value(None)) == "different"


def test_a_missing_or_an_additional_error_is_different():
    assert kind(error(part("/f")), value({})) == "different"
    assert kind(value({}), error(part("/f"))) == "different"


def test_an_error_at_another_place_is_different():
    assert kind(error(part("/f")), error(part("/g"))) == "different"
    assert kind(error(part("/f"), part("/g")), error(part("/f"))) == "different"
    assert kind(error(part("/f")), error()) == "different"


def test_an_error_in_other_words_is_the_same():
    assert kind(error(part("/f", "must be a number")), error(part("/f", "4 is no text"))) == "same"


def test_an_error_of_theirs_without_a_place_agrees_with_any_error_of_ours():
    assert kind(error(), error(part("/f"))) == "same"


def test_a_trigger_that_cannot_be_read_is_an_error_wherever_it_stands():
    unread = value({"error": {"name": "TypeError", "message": "no"}})
    assert kind(unread, error()) == "same"
    assert kind(unread, value({"type": "group"})) == "different"


def test_a_crash_is_different_even_where_the_reference_fails_too():
    crash = error(crash=True)
    assert kind(error(), crash) == "different"
    assert kind(value(1), crash, row_of=lambda _: "D7") == "different"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("/f/@path should be a string or a mapping directive but it is a number.", "/f/@path"),
        ("/first name/a~b has an invalid directive: @nope.", "/first name/a~b"),
        ("/ should only have one @-prefixed key but it has 2 keys.", ""),
        ('/f shouldn\'t have directive (@-prefixed) keys but it has "@path".', "/f"),
        ("schema is invalid: data/properties/f/minLength must be >= 0", "/properties/f/minLength"),
    ],
)
def test_the_place_is_read_from_a_message_of_the_reference(message, expected):
    assert places({"name": "Error", "message": message}) == {expected}


def test_a_missing_field_is_at_the_place_where_it_should_be():
    missing = part("/o", "O is missing the required field 'a/b'.")
    restated = part("", 'The root value must match "then" schema.')
    assert places({"errors": [missing, restated]}) == {"/o/a/b"}


PAYLOAD = {"op": "validatePayload", "fields": {}, "payload": {}}
UNDEFINED = {"$js": "undefined"}


def test_in_payloads_an_undefined_key_is_absent_and_an_undefined_item_is_null():
    assert kind(value({"f": [UNDEFINED]}), value({"f": [None]}), PAYLOAD) == "same"
    assert kind(value({"f": [{"a": UNDEFINED}]}), value({"f": [{}]}), PAYLOAD) == "same"
    assert kind(value({"f": [UNDEFINED]}), value({"f": []}), PAYLOAD) == "different"
    assert kind(value({"f": UNDEFINED}), value({}), TRANSFORM) == "different"


def test_sentences_inside_a_value_are_not_compared():
    lexed = {"tokens": [], "error": {"$js": "error", "name": "LexerError", "message": "no"}}
    assert (
        kind(value(lexed), value({**lexed, "error": {**lexed["error"], "message": ""}})) == "same"
    )
    assert kind(value([{"errormessage": "no"}]), value([{"errormessage": "not"}])) == "same"
    assert kind(value([{"status": 400}]), value([{"status": 200}])) == "different"


@pytest.mark.parametrize(
    ("place", "mapping", "theirs"),
    [
        ("/f/@arrayPath/1/a/@path", {}, "/f/@arrayPath/a/@path"),
        ("/f/@merge/objects/2/@path", {}, "/@path"),
        ("/f/@path", {"__segment_internal_directive": {"@x": {}}}, "/@x/mapping/f/@path"),
        (
            "/__segment_internal_directive/@x/apply",
            {"__segment_internal_directive": {}},
            "/@x/apply",
        ),
        ("/f/@path", {}, "/f/@path"),
    ],
)
def test_a_place_is_translated_into_the_words_of_the_reference(place, mapping, theirs):
    assert as_they_place_it(place, mapping) == theirs


def test_a_pair_whose_places_agree_once_translated_is_counted_apart():
    request = {"op": "transform", "mapping": {"f": {"@arrayPath": [1]}}, "data": {}}
    theirs, ours = error(part("/f/@arrayPath")), error(part("/f/@arrayPath/0"))
    assert kind(theirs, ours, request) == "translated"
    assert kind(theirs, error(part("/g/@arrayPath/0")), request) == "different"
