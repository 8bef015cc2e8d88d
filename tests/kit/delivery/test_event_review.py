"""The review names what may surprise a person in the events of a run."""

import pytest

from destination_kit.delivery import EventReview, Line, Location
from tests.conftest import ECHO

LINE = Line(7, b"")


@pytest.fixture
def review(configured):
    def create(*triggers):
        subscriptions = [
            {"name": f"S{index}", "action": "say", "trigger": trigger, "mapping": {"word": "x"}}
            for index, trigger in enumerate(triggers)
        ]
        return EventReview(configured(ECHO, *subscriptions))

    return create


@pytest.mark.parametrize(
    ("event", "warning"),
    [
        (
            {"type": "Identify"},
            '1 event has the unknown type "Identify" (first: line 7); did you mean "identify"?',
        ),
        ({"type": "idenfity"}, 'type "idenfity" (first: line 7); did you mean "identify"?'),
        ({"type": " TRACK"}, 'did you mean "track"?'),
        ({"event": "x"}, '1 event has no type (first: line 7); did you mean "track"?'),
        ({"groupId": "g", "traits": {}}, 'did you mean "group"?'),
        ({"traits": {}, "type": None}, 'no type (first: line 7); did you mean "identify"?'),
        ({"type": 5}, "1 event has the unknown type 5 (first: line 7)"),
        ({"type": "zzz"}, 'the unknown type "zzz" (first: line 7)'),
    ],
)
def test_an_unknown_type_is_named_with_the_likely_one(review, event, warning):
    found = review('type = "track"')
    found.add(LINE, event, is_match=True)
    [shown] = found.warnings()
    assert warning in shown


def test_a_type_of_the_spec_or_of_a_trigger_is_no_surprise(review):
    found = review('type = "custom"')
    for event_type in ("identify", "track", "page", "screen", "group", "alias", "delete", "custom"):
        found.add(LINE, {"type": event_type}, is_match=True)
    assert list(found.warnings()) == []


def test_each_type_is_named_once_and_many_types_are_one_line(review):
    found = review('type = "track"')
    for number in range(30):
        found.add(Line(number + 1, b""), {"type": f"t{number}"}, is_match=True)
        found.add(LINE, {"type": f"t{number}"}, is_match=True)
    shown = list(found.warnings())
    assert len(shown) == 21
    assert shown[0].startswith('2 events have the unknown type "t0" (first: line 1)')
    assert shown[-1] == "20 events have other unknown types (first: line 21)"


def test_the_place_of_the_first_is_that_in_its_file(review):
    found = review('type = "track"')
    line = Line(9, b"", location=Location(2, 1, "b.jsonl", "/batch/0"))
    found.add(line, {"type": "x"}, is_match=True)
    assert "(first: b.jsonl, line 2, /batch/0)" in next(found.warnings())


def test_a_run_without_a_match_says_what_the_triggers_need(review):
    found = review('type = "track"', 'type = "page" and name = "x"')
    for _ in range(3):
        found.add(LINE, {"type": "page"}, is_match=False)
    found.add(LINE, {"type": "page"}, is_match=False, refusal="integrations says no to X")
    assert found.is_unmatched
    [warning] = found.warnings()
    start, *reasons = warning.split("; ")
    assert start == (
        "None of 4 events matched an enabled subscription: integrations says no to X (1 event)"
    )
    assert reasons == [
        'S0 needs type = "track" (3 events without)',
        'S1 needs name = "x" (3 events without)',
    ]
    found.add(LINE, {"type": "track"}, is_match=True)
    assert list(found.warnings()) == []


def test_the_first_thousand_events_without_a_match_are_explained(review):
    found = review('type = "track"')
    for _ in range(1001):
        found.add(LINE, {"type": "page"}, is_match=False)
    [warning] = found.warnings()
    assert warning == (
        "None of 1,001 events matched an enabled subscription:"
        ' S0 needs type = "track" (1,000 events without)'
    )
    assert (found.events, found.matched) == (1001, 0)


def test_events_and_matches_are_counted(review):
    found = review('type = "track"')
    for is_match in (True, False, True):
        found.add(LINE, {"type": "track"}, is_match=is_match)
    assert (found.events, found.matched, found.is_unmatched) == (3, 2, False)


def test_the_only_event_of_a_run_is_named_as_one(review):
    found = review('type = "track"')
    found.add(LINE, {"type": "page"}, is_match=False)
    assert list(found.warnings()) == [
        'The only event matched no enabled subscription: S0 needs type = "track" (1 event without)'
    ]


@pytest.mark.parametrize(
    ("event_type", "shown"),
    [
        ("x" * 38, f'"{"x" * 38}"'),
        ("x" * 39, f'"{"x" * 38}…'),
        ("x" * 50, f'"{"x" * 38}…'),
        ("\u00e4", '"\u00e4"'),
    ],
)
def test_a_type_is_shown_up_to_forty_characters(review, event_type, shown):
    found = review('type = "track"')
    found.add(LINE, {"type": event_type}, is_match=True)
    assert next(found.warnings()) == f"1 event has the unknown type {shown} (first: line 7)"


def test_the_closest_of_several_types_is_meant(review):
    found = review('type = "tracked" or type = "tracks"')
    found.add(LINE, {"type": "trackt"}, is_match=True)
    assert next(found.warnings()).endswith('did you mean "track"?')


def test_the_five_most_common_reasons_are_shown(review):
    found = review(*(f'type = "track" and name = "{letter}"' for letter in "abcdefg"))
    found.add(LINE, {"type": "track"}, is_match=False)
    [warning] = found.warnings()
    assert warning.count(" needs name = ") == 5


def test_no_event_is_no_surprise(review):
    assert list(review('type = "track"').warnings()) == []


def test_a_name_of_the_destination_in_another_case_is_named(review):
    found = review('type = "track"')
    event = {"type": "track", "integrations": {"all": False, "Echo": True, "OTHER": False}}
    found.add(LINE, event, is_match=True)
    [shown] = found.warnings()
    assert shown == (
        'integrations of 1 event name "all", which is not obeyed, since case counts;'
        ' did you mean "All"?'
    )
