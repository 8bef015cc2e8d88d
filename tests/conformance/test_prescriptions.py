from __future__ import annotations

import pytest

from tests.conformance import prescriptions, row_formats, rows
from tests.conformance.cases import Case
from tests.conformance.compare import judge


def value(result):
    return {"id": 1, "ok": result}


def error(*parts):
    return {"id": 1, "error": {"name": "E", "message": "no", "errors": list(parts)}}


def part(pointer):
    return {"name": "E", "message": "is not right", "pointer": pointer}


LARGE = {"op": "jsString", "value": 2**53 + 1}


def row(request, theirs, ours, **asides):
    answers = {name.replace("_", " "): each for name, each in asides.items()}
    case = Case(request, theirs, ours, answers)
    return judge(case, prescriptions.row_of).row


@pytest.mark.parametrize("name", ["D1", "D2", "D4", "D5", "D6", "D7", "D8", "D10", "D11", "D99"])
def test_a_row_needs_a_reason_in_the_request(name):
    assert not rows.applies(name, {"op": "transform", "mapping": {"f": "a"}, "data": {}})


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("D1", LARGE),
        ("D1", {"op": "jsNumber", "value": "9007199254740993"}),
        ("D2", {"op": "get", "obj": {}, "path": "constructor.name"}),
        ("D3", {"op": "transform", "mapping": {"b": 1, "2": 1}, "data": {}}),
        ("D4", {"op": "get", "obj": {"s": "👍"}, "path": "s[0]"}),
        ("D5", {"op": "parseFql", "fql": "type ="}),
        ("D6", {"op": "validatePayload", "fields": {}, "payload": {"f": ""}, "batch": True}),
        ("D7", {"op": "transform", "mapping": {"f": [{"@case": {"value": "x"}}]}, "data": {}}),
        ("D7", {"op": "validatePayload", "fields": {"f": {"type": "string", "minimum": -1}}}),
        ("D7", {"op": "matchAst", "ast": {"type": "group", "operator": "xor", "children": []}}),
        ("D10", {"op": "validatePayload", "fields": {"f": {"type": "datetime"}}, "payload": {}}),
        ("D11", {"op": "validatePayload", "fields": {"f": {"format": "regex"}}, "payload": {}}),
    ],
)
def test_each_row_sees_its_reason_in_the_request(name, request_):
    assert rows.applies(name, request_)


@pytest.mark.parametrize(
    ("name", "request_", "theirs", "ours"),
    [
        ("D1", LARGE, "9007199254740992", "9007199254740993"),
        ("D3", {"op": "jsStringify", "value": {"2": 1}}, '{"2":1,"a":2}', '{"a":2,"2":1}'),
        ("D4", {"op": "subscriptionGet", "obj": "👍", "path": "0"}, "\ud83d", "\ufffd"),
        ("D9", {"op": "mappingAfter", "mapping": {"f": 1}}, {"f": 2}, {"f": 1}),
    ],
)
def test_a_row_allows_what_it_prescribes(name, request_, theirs, ours):
    assert row(request_, value(theirs), value(ours)) == name


@pytest.mark.parametrize(
    ("request_", "theirs", "ours"),
    [
        (LARGE, "9007199254740992", "9007199254740994999"),
        (LARGE, "9007199254740992", "9007199254740991"),
        ({"op": "matchFql", "fql": "properties.x = 9007199254740993"}, True, False),
        ({"op": "transform", "mapping": {"2": 1}}, {"2": 1}, {"2": 2}),
        ({"op": "get", "obj": {"s": "👍"}, "path": "s[0]"}, "\ud83d", "👍"),
        ({"op": "transform", "mapping": {"f": 1}}, {"f": 1}, {"f": 2}),
        ({"op": "mappingAfter", "mapping": {"f": True}}, {"f": False}, {"f": 1}),
    ],
)
def test_no_row_allows_another_answer(request_, theirs, ours):
    assert row(request_, value(theirs), value(ours)) is None


def test_an_inherited_name_is_missing_where_any_other_name_is():
    request = {"op": "get", "obj": {}, "path": "toString"}
    missing, function = {**value(None), "undefined": True}, value({"$js": "function"})
    renamed = {"renamed": missing, "all_renamed": missing}
    assert row(request, function, missing, **renamed) == "D2"
    assert row(request, function, value(None), **renamed) is None
    assert row(request, function, missing) is None


BATCH = {"op": "validatePayload", "fields": {}, "payload": {"f": ""}, "batch": True}


def test_a_batch_is_treated_as_the_reference_treats_a_single_event():
    assert row(BATCH, value({"f": ""}), value({}), single=value({})) == "D6"
    assert row(BATCH, value({"f": ""}), value({}), single=value({"f": ""})) is None


FAILING = {"op": "transformBatch", "mapping": {"f": [{"@case": {"value": "x"}}]}, "data": []}


@pytest.mark.parametrize(("alone", "expected"), [(error(), "D7"), (value({}), None)])
def test_what_fails_for_every_event_may_be_refused_in_advance(alone, expected):
    asides = {"fault_/f/0_0": alone}
    assert row(FAILING, value([]), error(part("/f/0")), **asides) == expected
    assert row(FAILING, value([]), error(part("/g")), **asides) is None
    assert row(FAILING, value([]), value([{}]), **asides) is None


DATED = {
    "op": "validatePayload",
    "fields": {"f": {"type": "datetime"}},
    "payload": {"f": "garbage 5"},
}


def test_only_dates_that_are_not_listed_are_refused():
    taken, listed = value({"f": "garbage 5"}), {**DATED, "payload": {"f": "2024-01-02"}}
    assert row(DATED, taken, error(part("/f")), dated=taken) == "D10"
    assert row(DATED, taken, error(part("/g")), dated=taken) is None
    assert row(listed, taken, error(part("/f")), dated=taken) is None


def test_milliseconds_are_taken_as_they_are():
    request = {**DATED, "payload": {"f": "8640000000001"}}
    taken = value({"f": "1612137600000"})
    assert row(request, error(part("/f")), value({"f": "8640000000001"}), dated=taken) == "D10"
    assert row(request, error(part("/f")), value({"f": 8640000000001}), dated=taken) is None


def test_a_number_alone_in_a_list_is_a_date_in_text():
    fields, listed = DATED["fields"], {"f": [8640000000001]}
    assert row_formats.taken(fields, listed) == {"f": "1612137600000"}
    assert row_formats.taken(fields, {"f": [99999999999999]}) == {"f": [99999999999999]}
    assert row_formats.taken(fields, {"f": 8640000000001}) == {"f": 8640000000001}
    assert row_formats.taken({"f": {"type": "number"}}, listed) == listed


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 15 Jan 2024 10:30:00 EST",
        "Mon Jan 15 2024 10:30:00 GMT+0000 (Coordinated Universal Time)",
        "1/15/2024, 10:30:00\u202fAM",
        "2024-01-15 10:30:00+00",
        "20240115103000123",
        "20240115T2400",
        "0002-01-01",
    ],
)
def test_a_date_that_is_listed_must_not_be_refused(text):
    request = {**DATED, "payload": {"f": text}}
    assert row(request, value({"f": text}), error(part("/f")), dated=value({"f": text})) is None


@pytest.mark.parametrize(
    "text",
    [
        *("0000-00-00", "0001-01-01T00:00:00Z", "00010101", "1/1/0001", "-62135596800"),
        *("2024-01-15 10:30:00 +2400", "15 Jan 24", "12-31-2024"),
        *("99999999999999999", "12345678901234567890", "20240230103000123"),
        *("2024-046", "2024046", "2024-046T10:30:00", "2024/046", "2024-1-123"),
    ],
)
def test_unknown_years_odd_zones_and_digits_that_are_no_date_are_not_listed(text):
    request = {**DATED, "payload": {"f": text}}
    assert row(request, value({"f": text}), error(part("/f")), dated=value({"f": text})) == "D10"


@pytest.mark.parametrize("text", ["20240115103000", "1705314600000000", "garbage"])
def test_what_neither_side_may_take_is_not_taken(text):
    request = {**DATED, "payload": {"f": text}}
    assert row(request, error(part("/f")), value({"f": text}), dated=error(part("/f"))) is None


def test_text_of_the_format_of_dates_is_held_to_the_list_too():
    request = {**DATED, "fields": {"f": {"type": "string", "format": "date-like"}}}
    taken = value({"f": "garbage 5"})
    assert row(request, taken, error(part("/f")), dated=taken) == "D10"
    assert row(request, taken, error(part("/g")), dated=taken) is None
    assert row({**request, "fields": {"f": {"type": "string"}}}, taken, error(part("/f"))) is None


@pytest.mark.parametrize(
    ("pattern", "expected"), [(r"\h", "D11"), (r"(?<=a+)b", "D11"), ("a+", None)]
)
def test_only_patterns_of_one_language_are_refused(pattern, expected):
    fields = {"f": {"type": "string", "format": "regex"}}
    request = {"op": "validatePayload", "fields": fields, "payload": {"f": pattern}}
    assert row(request, value({"f": pattern}), error(part("/f"))) == expected
