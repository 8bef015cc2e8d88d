from decimal import Decimal
from uuid import UUID

import pytest

from destination_kit._event_ids import read_id


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("m-1", "m-1"),
        (17, "17"),
        (17.0, "17"),
        (1e21, "1e+21"),
        (9007199254740993, "9007199254740993"),
        (Decimal("17.00"), "17"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ],
)
def test_an_id_is_a_text_or_the_text_of_a_number(value, text):
    assert read_id({"messageId": value}, "messageId") == text


@pytest.mark.parametrize(
    "value",
    [
        "",
        None,
        0,
        0.0,
        -0.0,
        float("nan"),
        True,
        False,
        {},
        {"id": 1},
        [],
        [1],
        (1,),
        {1},
        b"x",
        object(),
    ],
)
def test_other_values_are_no_ids(value):
    assert read_id({"messageId": value}, "messageId") is None
    assert read_id({}, "messageId") is None
