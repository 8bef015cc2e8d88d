import pytest

from destination_kit.fql import event_names, event_types, explain_mismatch, parse_trigger


@pytest.mark.parametrize(
    ("trigger", "types", "names"),
    [
        ('type = "track"', {"track"}, None),
        ('type = "track" and event = "a"', {"track"}, {"a"}),
        ('type = "track" or type = "page"', {"track", "page"}, None),
        ('type = "track" or event = "a"', None, None),
        ('(type = "a" or type = "b") and (type = "b" or type = "c")', {"b"}, None),
        ('type = "a" and type = "b"', set(), None),
        ('type != "a"', None, None),
        ('!(type = "a" and event = "b")', None, None),
        ('contains(event, "a")', None, None),
        ("event = 5", None, {"5"}),
    ],
)
def test_the_types_and_names_that_a_trigger_can_match_are_known(trigger, types, names):
    node = parse_trigger(trigger)
    assert event_types(node) == types
    assert event_names(node) == names


@pytest.mark.parametrize(
    ("event", "clause"),
    [
        ({"type": "track", "userId": "u"}, None),
        ({"type": "page", "userId": "u"}, 'type = "track" or event = "b"'),
        ({"type": "track"}, "userId != null"),
        ({"type": "track", "userId": "u", "name": "x"}, '!(name = "x" or name = "y")'),
        ({}, 'type = "track" or event = "b"'),
    ],
)
def test_the_first_clause_that_fails_is_named(event, clause):
    trigger = '(type = "track" or event = "b") and (userId != null and !(name = "x" or name = "y"))'
    assert explain_mismatch(parse_trigger(trigger), event) == clause
