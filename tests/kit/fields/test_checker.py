"""What a payload violates, in words and within limits."""

import pytest

from destination_kit._patterns import find_pattern_limit
from destination_kit.fields import compile_validator


def problems_of(field, value):
    validate = compile_validator({"type": "object", "properties": {"f": field}})
    return validate({"f": value})[1]


@pytest.mark.parametrize(("wrong", "listed"), [(99, 99), (100, 100), (101, 101), (150, 101)])
def test_a_payload_lists_a_hundred_problems_and_says_where_there_are_more(wrong, listed):
    numbers = {"type": "array", "items": {"type": "number"}}
    found = problems_of(numbers, ["x"] * wrong)
    assert len(found) == listed
    more = [problem.message for problem in found if problem.code == "problems"]
    assert more == (["The payload has more problems than these 100."] if wrong > 100 else [])


@pytest.mark.parametrize("sentence", [None, "Begin with a."])
def test_a_text_of_a_pattern_is_tried_up_to_a_length_and_refused_beyond(sentence):
    pattern = "^a.*b.*c.*d$"
    longest = find_pattern_limit(pattern)
    field = {"type": "string", "pattern": pattern}
    if sentence:
        field["x-pattern-message"] = sentence
    [tried] = problems_of(field, "x" * longest)
    [refused] = problems_of(field, "x" * (longest + 1))
    assert tried.code == refused.code == "pattern"
    assert "so that its pattern can be tried" not in tried.message
    assert (sentence or "The value at /f").rstrip(".") in tried.message
    assert f"{longest:,} or fewer characters, so that its pattern can be tried" in refused.message


@pytest.mark.parametrize(
    ("rule", "wrong", "right"),
    [
        ({"minimum": 2}, 1.5, 2),
        ({"maximum": 2}, 2.5, 2),
        ({"exclusiveMinimum": 2}, 2, 2.5),
        ({"exclusiveMaximum": 2}, 2, 1.5),
        ({"multipleOf": 0.5}, 1.25, 1.5),
    ],
)
def test_a_limit_holds_for_every_finite_number(rule, wrong, right):
    field = {"type": "number", **rule}
    assert [problem.code for problem in problems_of(field, wrong)] == list(rule)
    assert problems_of(field, right) == ()
    assert problems_of(field, "1e999") == ()
