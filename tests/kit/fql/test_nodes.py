"""What a node means, whatever it looks like."""

import math

import pytest

from destination_kit._json import MISSING
from destination_kit.errors import TriggerError
from destination_kit.fql import parse_trigger
from destination_kit.fql.nodes import Comparison, Group, canonical_form, negate, operand_to_number

A, B, C = (Comparison("name", "=", letter) for letter in "abc")


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, 0), (True, 1), (False, 0), (5, 5), (-2.5, -2.5), ("5", 5), ("", 0), (" 0x10 ", 16)],
)
def test_a_number_is_read_as_javascript_reads_it(value, number):
    result = operand_to_number(value)
    assert (result, isinstance(result, bool)) == (number, False)


@pytest.mark.parametrize("value", ["five", MISSING])
def test_text_that_is_no_number_is_nan(value):
    assert math.isnan(operand_to_number(value))


@pytest.mark.parametrize(
    ("node", "form"),
    [
        (Group("and", (A,)), A),
        (Group("or", (A,)), A),
        (Group("and", (A, B)), Group("and", (A, B))),
        (Group("and", (Group("and", (A, B)), C)), Group("and", (A, B, C))),
        (Group("or", (A, Group("or", (B, C)))), Group("or", (A, B, C))),
        (Group("and", (A, Group("or", (B, C)))), Group("and", (A, Group("or", (B, C))))),
        (Group("and", (Group("or", (A,)), B)), Group("and", (A, B))),
        (Group("and", ()), Group("and", ())),
        (Group("or", (A, Group("or", ()))), Group("or", (A, Group("or", ())))),
        (Group("not", (Group("and", (A,)),)), Group("not", (A,))),
        (Group("not", (Group("not", (A,)),)), Group("not", (Group("not", (A,)),))),
    ],
)
def test_a_group_of_one_and_a_group_in_its_like_change_nothing(node, form):
    assert canonical_form(node) == form


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (("ends_with", ""), ("starts_with", ""), True),
        (("not_ends_with", ""), ("not_starts_with", ""), True),
        (("ends_with", "a"), ("starts_with", "a"), False),
        (("ends_with", ""), ("not_starts_with", ""), False),
        (("contains", ""), ("starts_with", ""), False),
        (("=", 5), ("=", "5"), True),
        (("number_equals", 5), ("number_equals", "5.0"), True),
        (("<", None), ("<", 0), True),
        (("<", 1), ("<=", 1), False),
        (("exists", "x"), ("exists", MISSING), True),
    ],
)
def test_two_comparisons_are_the_same_where_they_match_the_same_events(one, other, is_same):
    forms = [canonical_form(Comparison("event-property", *each, "x")) for each in (one, other)]
    assert (forms[0] == forms[1]) is is_same


def test_a_negation_is_taken_away_by_another():
    both = Group("and", (A, B))
    assert negate(both) == Group("not", (both,))
    assert negate(negate(both)) == both
    assert negate(A) == Comparison("name", "!=", "a")
    assert negate(Comparison("name", "<", "a")) == Group("not", (Comparison("name", "<", "a"),))
    assert canonical_form(parse_trigger("!(name < 1)")).operator == "not"


def test_a_trigger_may_search_as_often_as_the_limit_and_not_once_more():
    def written(searches):
        return " or ".join(['type = "track"', *['contains(event, "a")'] * searches])

    assert parse_trigger(written(100))
    with pytest.raises(TriggerError, match="at most 100 .* found 101"):
        parse_trigger(written(101))
