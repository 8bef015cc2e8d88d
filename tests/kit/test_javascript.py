import json
import math
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"price": 20.0, "z": [-0.0, 1e-7, 1.5e-7]}, '{"price":20,"z":[0,1e-7,1.5e-7]}'),
        ([1e-5, 1e16, 1e21], "[0.00001,10000000000000000,1e+21]"),
        ([1e20, 1e-6], "[100000000000000000000,0.000001]"),
        ([1e22, 1e-10, 0.1, 9007199254740993], "[1e+22,1e-10,0.1,9007199254740993]"),
        (20.0, "20"),
        (1e-7, "1e-7"),
        ({"20.0": "20.0,", "a": "1e-07}"}, '{"20.0":"20.0,","a":"1e-07}"}'),
        (Decimal("12345678901234567890.120"), "12345678901234567890.12"),
        ({"a": Decimal("-1.5e-25"), "b": 1.0}, '{"a":-1.5e-25,"b":1}'),
        ({"t": (1.0, MappingProxyType({"a": 2.5}))}, '{"t":[1,{"a":2.5}]}'),
        ([date(2024, 1, 5), UUID(int=5)], '["2024-01-05","00000000-0000-0000-0000-000000000005"]'),
        ({1: 20.0, None: 20.5}, '{"1":20,"null":20.5}'),
    ],
)
def test_numbers_in_json_are_those_of_javascript(value, text):
    assert stringify_json(value) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text('.0e-+1,}]"\\:2'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('.0,"\\'), inner),
)


def written(value):
    """Write JSON part by part, so that no text is taken for a number."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, float):
        return number_to_string(value) if math.isfinite(value) else "null"
    return json.dumps(value)


@given(JSON)
def test_a_text_that_looks_like_a_number_of_python_stays(value):
    assert stringify_json(value) == written(value)


def test_a_value_that_is_not_json_is_no_json():
    for value in (object(), {"a": [{1}]}, b"x"):
        with pytest.raises(TypeError, match="is not JSON"):
            stringify_json(value)


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
