"""Nesting finds the end of a value that no parser accepts."""

import pytest

from destination_kit.delivery.nesting import Nesting


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("{'a': 1}, 5", 8),
        ('{"a": "}"} x', 10),
        ('[{"a": [1}, 2]', None),
        ('{"a": "\\"}"}', 12),
        ('{"a": "x}\n}', 11),
        ("tru, 5", 3),
        ("tru]", 3),
        ("tru\n5", 3),
        ("{", None),
    ],
)
def test_a_value_ends_behind_its_last_bracket_or_before_the_next_value(text, end):
    assert Nesting().find_end(text, 0) == end


def test_a_closing_bracket_of_another_kind_is_broken():
    nesting = Nesting()
    assert nesting.find_end('{"a": 1]', 0) is None
    assert (nesting.is_broken, nesting.position) == (True, 7)


@pytest.mark.parametrize("cut", range(1, 18))
def test_the_end_is_found_across_pieces(cut):
    text = '{"a": "x\\"}", [1]: 2} rest'
    nesting = Nesting()
    assert nesting.find_end(text[:cut], 0) is None
    rest = text[nesting.position :]
    assert nesting.find_end(rest, 0) == len(rest) - len(" rest")


def test_too_many_open_brackets_are_broken():
    nesting = Nesting()
    assert nesting.find_end("[" * 200_000, 0) is None
    assert nesting.is_broken


@pytest.mark.parametrize(("count", "is_broken"), [(100_000, False), (100_001, True)])
def test_a_hundred_thousand_brackets_may_be_open(count, is_broken):
    nesting = Nesting()
    assert nesting.find_end("[" * count, 0) is None
    assert nesting.is_broken is is_broken
