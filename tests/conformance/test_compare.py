from __future__ import annotations

import pytest

from tests.conformance import rows
from tests.conformance.compare import Verdict, equal, judge, places

TRANSFORM = {"id": 1, "op": "transform", "mapping": {}, "data": {}}


def never(_request, _theirs, _ours):
    return None


def always(row):
    return lambda _request, _theirs, _ours: row


def value(result):
    return {"id": 1, "ok": result}


def error(*parts, **more):
    return {"id": 1, "error": {"name": "E", "message": "no", "errors": list(parts), **more}}


def part(pointer, message="is not right"):
    return {"name": "E", "message": message, "pointer": pointer}


def kind(theirs, ours, request=TRANSFORM, chosen=never):
    return judge(request, theirs, ours, chosen).kind


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
    assert judge(TRANSFORM, value(theirs), value(ours), never) == Verdict("same")


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
    assert kind(value(1), crash, chosen=always("D7")) == "different"


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


LARGE = {"op": "jsString", "value": 2**53 + 1}


def test_a_chosen_difference_counts_for_its_row():
    verdict = judge(LARGE, value("9007199254740992"), value("9007199254740993"), always("D1"))
    assert verdict == Verdict("chosen", row="D1")


@pytest.mark.parametrize("row", ["D1", "D2", "D4", "D5", "D6", "D10", "D12", "D99"])
def test_a_row_claimed_for_a_request_that_gives_no_reason_is_different(row):
    request = {"op": "transform", "mapping": {"f": "a"}, "data": {}}
    verdict = judge(request, value({"f": "a"}), value({"f": "b"}), always(row))
    assert verdict.kind == "different"
    assert row in verdict.why


def test_a_row_that_the_parts_do_not_claim_is_different():
    assert kind(value("9007199254740992"), value("9007199254740993"), LARGE) == "different"


@pytest.mark.parametrize(
    ("row", "request_"),
    [
        ("D1", LARGE),
        ("D1", {"op": "jsNumber", "value": "9007199254740993"}),
        ("D2", {"op": "get", "obj": {}, "path": "constructor.name"}),
        ("D3", {"op": "transform", "mapping": {"b": 1, "2": 1}, "data": {}}),
        ("D4", {"op": "get", "obj": {"s": "👍"}, "path": "s[0]"}),
        ("D5", {"op": "parseFql", "fql": "type ="}),
        ("D6", {"op": "validatePayload", "fields": {}, "payload": {"f": ""}, "batch": True}),
        ("D10", {"op": "validatePayload", "fields": {"f": {"type": "datetime"}}, "payload": {}}),
        ("D11", {"op": "validatePayload", "fields": {"f": {"format": "regex"}}, "payload": {}}),
    ],
)
def test_each_row_sees_its_reason_in_the_request(row, request_):
    assert rows.applies(row, request_)
    assert not rows.applies(row, {"op": "transform", "mapping": {"f": "a"}, "data": {}})


@pytest.mark.parametrize(
    ("row", "request_", "theirs", "ours"),
    [
        ("D1", LARGE, "9007199254740992", "9007199254740994999"),
        ("D1", {"op": "matchFql", "fql": "properties.x = 9007199254740993"}, True, False),
        ("D3", {"op": "transform", "mapping": {"2": 1}}, {"2": 1}, {"2": 2}),
        ("D4", {"op": "get", "obj": {"s": "👍"}, "path": "s[0]"}, "\ud83d", "👍"),
        ("D7", {"op": "transform", "mapping": {"f": 1}}, {"f": 1}, {"f": 2}),
        ("D9", {"op": "mappingAfter", "mapping": {"f": True}}, {"f": False}, {"f": 1}),
    ],
)
def test_a_row_that_prescribes_another_answer_is_not_believed(row, request_, theirs, ours):
    verdict = judge(request_, value(theirs), value(ours), always(row))
    assert verdict.kind == "different"
    assert f"{row} is claimed, it prescribes" in verdict.why


@pytest.mark.parametrize(
    ("row", "request_", "theirs", "ours"),
    [
        (
            "D1",
            {"op": "render", "template": "9007199254740993"},
            "a 9007199254740992",
            "a 9007199254740993",
        ),
        ("D3", {"op": "jsStringify", "value": {"2": 1}}, '{"2":1,"a":2}', '{"a":2,"2":1}'),
        ("D4", {"op": "get", "obj": "👍", "path": "0"}, "\ud83d", "\ufffd"),
        ("D9", {"op": "mappingAfter", "mapping": {"f": 1}}, {"f": 2}, {"f": 1}),
    ],
)
def test_a_row_that_prescribes_our_answer_is_believed(row, request_, theirs, ours):
    verdict = judge(request_, value(theirs), value(ours), always(row))
    assert verdict == Verdict("chosen", row=row)
