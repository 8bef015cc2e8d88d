from __future__ import annotations

import pytest

from tests.conformance import port
from tests.conformance.spelling import clauses, folded, joined, spelled_out


def spelled(trigger):
    reading = spelled_out(trigger)
    return reading and folded(
        reading,
        lambda clause: clause.text.strip(),
        lambda joint, parts: (
            f"not({parts[0]})" if joint == "not" else f"({f' {joint} '.join(parts)})"
        ),
    )


@pytest.mark.parametrize(
    ("trigger", "meant"),
    [
        ('type="track"', 'type = "track"'),
        ("properties.total>5", "properties.\\total > 5"),
        ("properties.total = 1e3", "properties.\\total = 1000"),
        ("properties.tags.0 = 1", "properties.\\tags.\\0 = 1"),
        ("!(traits.age > 5)", "not(traits.\\age > 5)"),
        ('!!type = "x"', 'type = "x"'),
        ('!contains(event, "x")', '!contains(event, "x" )'),
        ('not contains(type, "x")', '!contains(event, "x" )'),
        (
            '(contains(event, "a") and name = "b"), userId = null',
            '((contains(event, "a" ) and name = "b") and userId = null)',
        ),
    ],
)
def test_a_trigger_is_spelled_out_clause_by_clause(trigger, meant):
    assert spelled(trigger) == meant


@pytest.mark.parametrize(
    "trigger",
    [
        "",
        "type",
        "type =",
        'type = "x" and',
        'type = "x" name = "y"',
        'type = "a" and type = "b" or type = "c"',
        '(type = "a"',
        'typed = "a"',
        "properties = 1",
        "contains(event)",
        "properties.a = 1e400",
    ],
)
def test_what_has_no_evident_meaning_is_refused(trigger):
    assert spelled_out(trigger) is None


def test_a_call_about_the_type_borrows_the_event():
    (clause,) = clauses(spelled_out('match(type, "tr*")'))
    assert clause.borrowed


def test_groups_hold_as_they_are_joined():
    assert joined("and", [True, True])
    assert not joined("and", [True, False])
    assert joined("or", [True, False])
    assert joined("not", [False])


def test_the_tokens_of_a_trigger_are_those_of_the_reference():
    told = port.answer('{"id": 1, "op": "lexFql", "fql": "a.b = 1"}')["ok"]["tokens"]
    assert [each["type"] for each in told] == ["ident", "dot", "ident", "operator", "number", "eos"]
