"""Expectations accept what the destination works with, and name it in words."""

import pytest

from destination_kit.verification import anything, at_least, at_most, exactly, one_of
from destination_kit.verification.expectations import describe
from destination_kit.verification.records import nest


@pytest.mark.parametrize(
    ("expectation", "accepted", "refused", "text"),
    [
        (exactly("merge"), "merge", "replace", "merge"),
        (exactly(value=True), True, False, "yes"),
        (one_of(200, 207), 207, 202, "200 or 207"),
        (at_least(100), 100, 99, "at least 100"),
        (at_least(100), 101.5, None, "at least 100"),
        (at_most(10), 10.0, "10", "at most 10"),
    ],
)
def test_an_expectation_accepts_some_answers(expectation, accepted, refused, text):
    assert expectation.accepts(accepted)
    assert not expectation.accepts(refused)
    assert expectation.text == text


def test_any_answer_is_accepted_by_no_test():
    assert anything().accepts is None


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "none"),
        ([], "none"),
        (["a", "b"], "a, b"),
        ({"status": 404, "code": None}, "status 404, code none"),
        (0.25, "0.25"),
        (False, "no"),
    ],
)
def test_an_answer_has_words(answer, text):
    assert describe(answer) == text


def test_a_path_becomes_nested_objects():
    assert nest("a.b.c", 1) == {"a": {"b": {"c": 1}}}
