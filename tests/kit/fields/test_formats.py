from __future__ import annotations

import json
from pathlib import Path

import pytest

from destination_kit.fields import FORMATS

CASES = Path(__file__).parents[2] / "cases" / "schema"


def recorded(name):
    return json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "case", recorded("formats"), ids=lambda case: f"{case['format']} {case['text']!r}"
)
def test_a_format_takes_what_the_reference_takes(case):
    assert FORMATS[case["format"]](case["text"]) is case["valid"]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_format_accepts_values_of_other_types(name):
    assert FORMATS[name](None) is True
    assert FORMATS[name]({"a": 1}) is True


@pytest.mark.parametrize(
    ("name", "number", "valid"),
    [
        ("int32", 2**31, False),
        ("int32", -(2**31), True),
        ("int32", 1.5, False),
        ("int32", 2**31 - 1, True),
        ("int32", -(2**31) - 1, False),
        ("int32", float("inf"), False),
        ("int64", 2**31, True),
        ("int64", 1e300, True),
        ("int64", 1.5, False),
    ],
)
def test_whole_numbers_have_formats_too(name, number, valid):
    assert FORMATS[name](number) is valid


@pytest.mark.parametrize("between", ["T", "t", " ", "\u00a0", "\u2003", "\ufeff", "\n"])
def test_date_and_time_are_separated_by_t_or_a_blank_of_javascript(between):
    assert FORMATS["date-time"](f"2024-02-29{between}12:34:56Z")


@pytest.mark.parametrize("between", ["\x1c", "\x85", "\u180e", "_", "  "])
def test_date_and_time_are_not_separated_by_a_blank_of_python_alone(between):
    assert not FORMATS["date-time"](f"2024-02-29{between}12:34:56Z")
