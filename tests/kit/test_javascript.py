import math

import pytest

from destination_kit._javascript import (
    code_unit_at,
    code_units,
    is_loosely_equal_to_empty,
    number_to_string,
    parse_json,
    string_to_number,
    stringify_json,
    to_boolean,
    to_number,
    to_string,
    trim,
    type_name,
)
from destination_kit._json import MISSING
from destination_kit._surrogates import to_well_formed, utf16_length


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (100.0, "100"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e-6, "0.0000015"),
        (1e-7, "1e-7"),
        (-1.25e-9, "-1.25e-9"),
        (5e-324, "5e-324"),
        (-0.0, "0"),
        (2**60, "1152921504606846976"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (0.1 + 0.2, "0.30000000000000004"),
        (123.456, "123.456"),
    ],
)
def test_numbers_are_written_as_javascript_writes_them(value, expected):
    assert number_to_string(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MISSING, "undefined"),
        (None, "null"),
        (True, "true"),
        ([1, [2, None], MISSING, True], "1,2,,,true"),
        ({"a": 1}, "[object Object]"),
    ],
)
def test_values_are_written_as_javascript_writes_them(value, expected):
    assert to_string(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", 0),
        (" 7 ", 7),
        ("0x1F", 31),
        ("1e3", 1000),
        (".5", 0.5),
        ("+Infinity", math.inf),
        ("9007199254740993", 9007199254740993),
        ("1" * 400, math.inf),
        ("-" + "1" * 400, -math.inf),
        ("0x" + "f" * 400, math.inf),
        ("0" * 5000 + "7", 7),
    ],
)
def test_text_is_read_as_a_number(value, expected):
    assert string_to_number(value) == expected


@pytest.mark.parametrize("value", ["abc", "1_0", "--1", "0x", "infinity", "\u0661"])
def test_other_text_is_no_number(value):
    assert math.isnan(string_to_number(value))


def test_a_long_text_that_starts_like_a_number_takes_linear_time():
    # Quadratic time would be minutes, and the time limit of every test would end it.
    assert math.isnan(string_to_number("7" * 500_000 + "x"))


def test_values_are_read_as_numbers():
    assert [to_number(value) for value in (None, True, [], ["5"], 2)] == [0, 1, 0, 5, 2]
    assert all(math.isnan(to_number(value)) for value in (MISSING, {}, [1, 2]))


def test_type_names_and_truth_are_those_of_javascript():
    values = [MISSING, None, "", 0, -0.0, math.nan, False, [], {}, "0", 1]
    kinds = "undefined null string number number number boolean array object string number"
    assert [type_name(value) for value in values] == kinds.split()
    assert [to_boolean(value) for value in values] == [False] * 7 + [True] * 4


def test_loose_equality_to_empty_text_is_that_of_javascript():
    assert all(is_loosely_equal_to_empty(value) for value in ("", 0, False, [], [""], [None], [[]]))
    assert not any(
        is_loosely_equal_to_empty(value) for value in (" ", "0", 1, True, [0], {}, math.nan)
    )


def test_json_is_written_as_javascript_writes_it():
    value = {"b": 1.0, "é": "\u2028\n", "n": [1e21, -0.0, math.nan, MISSING], "u": MISSING}
    assert stringify_json(value) == '{"b":1,"é":"\u2028\\n","n":[1e+21,0,null,null]}'
    assert stringify_json(MISSING) is None


def test_json_is_read_strictly_and_exactly():
    assert parse_json(' {"a": [9007199254740993, 1e400]} ') == {"a": [9007199254740993, math.inf]}
    assert math.copysign(1, parse_json("-0")) == -1
    assert parse_json("9" * 5000) == parse_json("9" * 309) == math.inf
    assert parse_json("-" + "9" * 309) == -math.inf
    assert parse_json("9" * 308) == int("9" * 308)


@pytest.mark.parametrize("source", ["NaN", "-Infinity", "01", "[1,]", "\ufeff1", "'a'", '"\t"', ""])
def test_what_is_not_json_is_refused(source):
    with pytest.raises(ValueError):  # noqa: PT011 - any will do: the caller keeps the text
        parse_json(source)


def test_text_is_counted_and_cut_in_utf_16():
    assert utf16_length("a👍") == 3
    assert code_units("a👍") == ["a", "\ud83d", "\udc4d"]
    assert (code_unit_at("a👍", 1), code_unit_at("a👍", 3), code_unit_at("a", 1)) == (
        "\ud83d",
        None,
        None,
    )


def test_surrogates_are_joined_or_replaced():
    assert to_well_formed("\ud83d" + "\udc4d") == "👍"
    assert to_well_formed("a\ud83db\udc4d\ud83d") == "a\ufffdb\ufffd\ufffd"
    assert to_well_formed("é") == "é"


def test_trimming_removes_the_white_space_of_javascript():
    assert trim("\ufeff\u00a0 a\u2028") == "a"
