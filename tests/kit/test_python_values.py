"""Python values that JSON lacks."""

from collections import OrderedDict, UserList, deque
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import pytest

from destination_kit._json import MISSING
from destination_kit._python_values import NotJsonError, check_keys, is_decimal, to_json

Plan = StrEnum("Plan", {"PRO": "pro"})
Level = IntEnum("Level", {"HIGH": 3})
CEST = timezone(timedelta(hours=2))
PRECISE = Decimal("12345678901234567890.12")


class Point(NamedTuple):
    x: int
    y: int


class Price(float):
    def __repr__(self):
        return "a price"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2024, 1, 15, tzinfo=UTC), "2024-01-15T00:00:00Z"),
        (datetime(2024, 1, 15, 1, 2, 3, 450000, tzinfo=CEST), "2024-01-14T23:02:03.450000Z"),
        (date(2024, 1, 5), "2024-01-05"),
        (date(33, 1, 5), "0033-01-05"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        ((1, "a"), [1, "a"]),
        (Point(1, 2), [1, 2]),
        (deque([1]), [1]),
        (UserList(["a"]), ["a"]),
        (Plan.PRO, "pro"),
        (Level.HIGH, 3),
        (Price(2.5), 2.5),
        (Decimal("19.90"), 19.9),
        (Decimal("0.1"), 0.1),
        (Decimal("20.00"), 20),
        (Decimal("-0.0"), 0),
        (Decimal("1E+3"), 1000),
        (Decimal(2**70), 2**70),
        (PRECISE, PRECISE),
        (Decimal("1E-999999"), Decimal("1E-999999")),
    ],
)
def test_a_python_value_is_the_json_value_that_it_stands_for(value, expected):
    converted = to_json(value)
    assert (converted, type(converted)) == (expected, type(expected))


@pytest.mark.parametrize(
    "value", ["é", 1, 1.5, True, None, {"a": {1}}, [{1}], MISSING, MappingProxyType({"a": 1})]
)
def test_json_stays_as_it_is(value):
    assert to_json(value) is value
    assert not is_decimal(value)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (datetime(2024, 1, 15), "without a time zone"),  # noqa: DTZ001 - what is refused
        (datetime(1, 1, 1, tzinfo=CEST), "beyond the years 1 to 9999"),
        (time(10), "a Python time is not JSON"),
        (timedelta(1), "a Python timedelta is not JSON"),
        ({1}, "make it a list"),
        (frozenset(), "make it a list"),
        (b"x", "decode it to text"),
        (bytearray(b"x"), "decode it to text"),
        (memoryview(b"x"), "decode it to text"),
        (Enum("Colour", "RED").RED, "a Python Colour is not JSON"),
        (Fraction(1, 3), "a Python Fraction is not JSON"),
        (1j, "a Python complex is not JSON"),
        (object(), "make it text, a number, a list or an object"),
        (iter([1]), "is not JSON"),
        (Decimal("NaN"), "Decimal NaN"),
        (Decimal("sNaN"), "Decimal sNaN"),
        (Decimal("-Infinity"), "Decimal -Infinity"),
        (Decimal("1E+999999"), r"Decimal 1E\+999999"),
    ],
)
def test_a_value_that_stands_for_no_json_is_refused(value, advice):
    with pytest.raises(NotJsonError, match=advice):
        to_json(value)


@pytest.mark.parametrize("key", [1, 1.5, True, None, b"a", (1,), UUID(int=1)])
def test_a_key_that_is_no_text_is_refused_at_any_depth(key):
    for value in ({key: 1}, [{"a": {key: 1}}], ({"a": [OrderedDict({key: 1})]},)):
        with pytest.raises(NotJsonError, match="not text"):
            check_keys(value)
    check_keys({"a": [{"b": 1}, "c", None]})
