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
        ("int32", 1.0, True),
        ("int64", 2**31, True),
        ("int64", 3, True),
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


LAST_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@pytest.mark.parametrize(("month", "days"), list(enumerate(LAST_DAYS, 1)))
def test_a_date_is_a_day_of_the_calendar(month, days):
    days_of_text = [day for day in range(34) if FORMATS["date"](f"2023-{month:02}-{day:02}")]
    assert days_of_text == list(range(1, days + 1))


@pytest.mark.parametrize(
    ("year", "is_leap"),
    [(1900, False), (2000, True), (2001, False), (2024, True), (2025, False), (2100, False)],
)
def test_a_leap_year_has_a_29th_of_february(year, is_leap):
    assert FORMATS["date"](f"{year}-02-29") is is_leap
    assert not FORMATS["date"](f"{year}-00-01")
    assert not FORMATS["date"](f"{year}-13-01")


@pytest.mark.parametrize(
    ("time", "valid"),
    [
        *(("00:00:00Z", True), ("23:59:59Z", True), ("23:59:60Z", True)),
        *(("24:00:00Z", False), ("23:60:00Z", False), ("22:59:60Z", False)),
        *(("23:58:60Z", False), ("23:59:61Z", False), ("12:30", False)),
    ],
)
def test_a_time_is_of_the_clock_and_may_be_the_leap_second(time, valid):
    assert FORMATS["time"](time) is valid
    assert FORMATS["date-time"](f"2024-02-29T{time}") is valid
    assert not FORMATS["date-time"](f"2023-02-29T{time}")
    assert not FORMATS["date-time"](f"2024-02-29T{time}T{time}")


@pytest.mark.parametrize(
    ("name", "head", "filler", "longest"),
    [
        ("time", "12:00:00.", "0", 100),
        ("date-time", "2024-02-29T12:34:56.", "0", 100),
        ("email", "a@b.co", "m", 640),
        ("uri", "x:", "a", 65_536),
        ("uri-reference", "x", "a", 65_536),
        ("uri-template", "x", "a", 65_536),
        ("url", "https://example.com/", "a", 65_536),
        ("json-pointer", "/", "a", 65_536),
        ("regex", "a", "b", 500),
        ("byte", "AAAA\n", "!", 2_000_000),
    ],
)
def test_a_text_of_a_format_has_a_longest_length(name, head, filler, longest):
    assert FORMATS[name](head.ljust(longest, filler))
    assert not FORMATS[name](head.ljust(longest + 1, filler))


@pytest.mark.parametrize("before", range(9))
@pytest.mark.parametrize("after", range(9))
def test_an_ipv6_address_of_a_uri_has_at_most_seven_groups_around_its_gap(before, after):
    address = f"{':'.join(['a1'] * before)}::{':'.join(['0'] * after)}"
    assert FORMATS["uri"](f"x://[{address}]/") is (before + after <= 7)
    assert FORMATS["uri"](f"x://[{':'.join(['b'] * after)}]/") is (after == 8)


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("after", range(7))
def test_an_ipv6_address_may_end_with_an_ipv4_address(before, after):
    groups = [*["0"] * after, "192.0.2.1"]
    address = f"{':'.join(['a1'] * before)}::{':'.join(groups)}"
    assert FORMATS["uri"](f"x://[{address}]/") is (before + after <= 5)
