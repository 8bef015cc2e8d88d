from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from destination_kit.fields import FORMATS, find_doubtful_epoch, parse_date_like

CASES = Path(__file__).parents[2] / "cases" / "schema" / "dates.json"


@pytest.mark.parametrize(
    "case", json.loads(CASES.read_text(encoding="utf-8")), ids=lambda case: repr(case["text"])
)
def test_a_date_is_read_as_the_moment_that_it_means(case):
    moment = parse_date_like(case["text"])
    assert (moment and moment.isoformat()) == case["moment"]
    assert FORMATS["date-like"](case["text"]) is (moment is not None)


@pytest.mark.parametrize(
    ("number", "year"),
    [
        *((1612137600, 2021), (1612137600000, 2021), (0, 1970)),
        *((99999999999, 5138), (100000000000, 1973), (-100000000000, 1966)),
    ],
)
def test_an_epoch_is_in_seconds_until_it_must_be_in_milliseconds(number, year):
    moment = parse_date_like(number)
    assert moment is not None
    assert (moment.year, moment.utcoffset()) == (year, timedelta())


@pytest.mark.parametrize("text", ["1705314600000000", "20240115103000", "-17053146000000"])
def test_milliseconds_as_text_have_thirteen_digits_at_most(text):
    assert parse_date_like(text) is None
    assert parse_date_like(text[:13]) is not None


def test_thirteen_digits_are_milliseconds_and_fourteen_are_not():
    assert parse_date_like("9999999999999") == datetime(
        2286, 11, 20, 17, 46, 39, 999000, tzinfo=UTC
    )
    assert parse_date_like("10000000000000") is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00"),
        ("2024-12-31T23:59:59+00:00", "2024-12-31T23:59:59"),
        ("2024-01-31T24:00:00+00:00", "2024-02-01T00:00:00"),
        ("2024-01-31 24:00Z", "2024-02-01T00:00:00"),
        ("20240131T24", "2024-02-01T00:00:00"),
        ("2024-01-31T24:00:00.0009Z", "2024-02-01T00:00:00.000900"),
        ("2024-01-31T24:00:00.001Z", None),
        ("2024-01-31T24:00:01+00:00", None),
        ("2024-01-31T24:01:00+00:00", None),
        ("2024-00-15T10:30:00+00:00", None),
        ("2024-13-15T10:30:00+00:00", None),
        ("2024-01-00T10:30:00+00:00", None),
        ("2024-01-32T10:30:00+00:00", None),
        ("2024-01-15T25:00:00+00:00", None),
        ("2024-01-15T10:60:00+00:00", None),
        ("2024-01-15T10:30:60+00:00", None),
        ("2024-01-15T10:30:00.1234567+00:00", "2024-01-15T10:30:00.123456"),
        ("2024-01-15T10:30:00.12+00:00", "2024-01-15T10:30:00.120000"),
    ],
)
def test_each_part_of_a_date_with_a_zone_has_its_range(text, moment):
    found = parse_date_like(text)
    assert (found and found.replace(tzinfo=None).isoformat()) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-13-01", "2025-01-01T00:00:00"),
        ("2024-24-01", "2025-12-01T00:00:00"),
        ("2024-25-01", "2026-01-01T00:00:00"),
        ("2024-00-10", "2023-12-10T00:00:00"),
        ("2024-01-00", "2023-12-31T00:00:00"),
        ("2024-02-30", "2024-03-01T00:00:00"),
        ("2024-01-15 25:61:61", "2024-01-16T02:02:01"),
        ("2024", "2024-01-01T00:00:00"),
        ("2024-02", "2024-02-01T00:00:00"),
        ("2024-02-03T4", "2024-02-03T04:00:00"),
        ("2024T1030", "2024-01-01T10:30:00"),
        ("0002-01-01", "0002-01-01T00:00:00"),
    ],
)
def test_a_part_that_overflows_rolls_over_and_one_that_is_left_out_is_the_first(text, moment):
    assert parse_date_like(text) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("clock", "hour"),
    [("12:30 AM", 0), ("1:30 AM", 1), ("11:30 AM", 11), ("12:30 PM", 12), ("1:30 pm", 13)],
)
def test_a_day_has_two_halves_of_twelve_hours(clock, hour):
    assert parse_date_like(f"1/15/2024 {clock}") == datetime(2024, 1, 15, hour, 30, tzinfo=UTC)
    assert parse_date_like("1/15/2024 13:30 PM") is None


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        *(("EST", 15), ("EDT", 14), ("CST", 16), ("CDT", 15), ("MST", 17), ("MDT", 16)),
        *(("PST", 18), ("PDT", 17), ("GMT", 10), ("UT", 10), ("GMT+0130", 9), ("-0030", 11)),
    ],
)
def test_a_zone_has_its_hours(zone, hour):
    moment = parse_date_like(f"Mon, 15 Jan 2024 10:30:00 {zone}")
    assert moment is not None
    assert (moment.day, moment.hour) == (15, hour)


@pytest.mark.parametrize(
    ("short", "year"), [("00", 2000), ("49", 2049), ("50", 1950), ("99", 1999)]
)
def test_a_year_of_two_digits_is_of_this_century_below_50(short, year):
    assert parse_date_like(f"15 Jan {short} 10:30 GMT") == datetime(year, 1, 15, 10, 30, tzinfo=UTC)


def test_a_text_of_a_date_has_200_characters_at_most():
    head = "Mon, 15 Jan 2024 05:30:00 EST ("
    longest = head + "x" * (199 - len(head)) + ")"
    assert parse_date_like(longest) == datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    assert parse_date_like(head + "x" * (200 - len(head)) + ")") is None
    assert find_doubtful_epoch("45306.".ljust(200, "0")) is not None
    assert find_doubtful_epoch("45306.".ljust(201, "0")) is None


@pytest.mark.parametrize(
    ("value", "is_doubtful"),
    [
        *((315532799, True), (315532800, False), (4133980799, False), (4133980800, True)),
        *(("45306", True), (45306.5, True), ("1705314600", False), ("20240115", False)),
        *(("1970-01-01", False), ("Jan 5, 1950", False), ("1950", False), ("x", False)),
        *((None, False), ([], False), (True, False), ("9" * 30, False)),
    ],
)
def test_an_epoch_before_1980_or_after_2100_is_doubtful(value, is_doubtful):
    assert (find_doubtful_epoch(value) is not None) is is_doubtful


def test_milliseconds_as_a_number_may_have_more_digits():
    assert parse_date_like(20240115103000) == datetime(2611, 5, 21, 14, 11, 43, tzinfo=UTC)


def test_digits_that_javascript_would_write_otherwise_are_a_date_without_separators():
    assert parse_date_like("20240115103000123") == datetime(
        2024, 1, 15, 10, 30, 0, 123000, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "value",
    [
        *("0000-00-00", "0000-01-01T00:00:00Z", "00000101", "1/1/0000"),
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00", "0001-01-01 00:00:00", "00010101"),
        *("1/1/0001", "Jan 1, 0001", "0001-01-01 00:00:00 +0000 UTC", "0001-12-31T23:00:00-05:00"),
        *("0002-01-01T00:00:00+01:00", "0002-00-00", "-62135596800", -62135596800),
        -62135596800000,
    ],
)
def test_the_year_1_and_before_are_no_date(value):
    assert parse_date_like(value) is None


@pytest.mark.parametrize(
    "text",
    [
        *("20240230103000123", "20241301103000123", "20240115253000123", "1705314600123456789"),
        *("2024-0230", "20240115T2460", "20240230 1030", "12345678901234567890"),
    ],
)
def test_digits_without_separators_have_to_be_a_calendar_date(text):
    assert parse_date_like(text) is None


@pytest.mark.parametrize("text", ["2024-0115", "20240115", "20240115T000000", "20240115 0000"])
def test_a_calendar_date_needs_no_separators(text):
    assert parse_date_like(text) == datetime(2024, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("2024-046", "2024-366", "2024046", "2024/046", "2024-046T10:30:00", "2024-046 10:30"),
        *("2024-046T10:30:00Z", "2024046T103000", "2024-W07-4", "2024-W07", "2024W074"),
        *("2024-W07-4T10:30:00Z", "2024-1-123"),
    ],
)
def test_an_ordinal_or_week_date_is_not_taken_for_another_date(text):
    assert parse_date_like(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-15 10:30:00+00",
        "Mon, 15 Jan 2024 05:30:00 EST (New York)",
        "Mon Jan 15 2024 10:30:00 GMT+0000 (Coordinated Universal Time)",
        "1/15/2024, 10:30:00\u202fAM",
        "Jan 15, 2024 10:30 AM",
        "Mon Jan 15 10:30:00 2024",
    ],
)
def test_what_programs_write_for_people_is_a_date(text):
    assert parse_date_like(text) == datetime(2024, 1, 15, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("value", [True, None, [], {}, 1e30, float("nan"), float("inf"), "9" * 400])
def test_what_is_no_moment_is_none(value):
    assert parse_date_like(value) is None


def test_text_without_a_zone_is_utc():
    assert parse_date_like("2024-01-02 03:04:05.5") == datetime(
        2024, 1, 2, 3, 4, 5, 500000, tzinfo=UTC
    )


def test_a_number_is_a_date_for_the_format_whatever_it_is():
    assert FORMATS["date-like"](1e30) is True
