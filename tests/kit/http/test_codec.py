"""Bodies of requests and responses."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType

import pytest

from destination_kit import MISSING
from destination_kit.http import RequestPolicy
from destination_kit.http.codec import encode_json, is_of_long_integer, parse_retry_after
from tests.kit.http.sending import POLICY, ask


@pytest.mark.parametrize(
    ("convert", "is_long"),
    [
        (lambda: str(10**4300), True),
        (lambda: int("1" * 4301), True),
        (lambda: int("1.5"), False),
        (lambda: encode_json({1}), False),
    ],
)
def test_only_a_number_of_too_many_digits_is_a_long_integer(convert, is_long):
    with pytest.raises((TypeError, ValueError)) as raised:
        convert()
    assert is_of_long_integer(raised.value) is is_long


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ({"a": [1, "é", None]}, '{"a":[1,"é",null]}'),
        ([MISSING, 1], "[null,1]"),
        ({"a": 20.0, "b": [1e-7, -0.0], "c": 1e16}, '{"a":20,"b":[1e-7,0],"c":10000000000000000}'),
        ({"a": MISSING, "b": 1}, '{"b":1}'),
        (MISSING, "null"),
        ({"a": float("inf"), "b": [float("nan")]}, '{"a":null,"b":[null]}'),
    ],
)
def test_bodies_are_written_as_javascript_would(value, sent):
    assert encode_json(value).decode() == sent


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        ("1.5", 1.5),
        ("0", None),
        ("0.9", None),
        ("1", 1.0),
        (" " * 63 + "5", 5.0),
        (" " * 64 + "5", None),
        ("-3", None),
        ("-0", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00", None),
        ("soon", None),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", None),
        ("", None),
        ("inf", None),
        ("nan", None),
        ("14400", 14400.0),
        ("14401", None),
        ("20000", None),
        ("1e3", None),
        ("1_000", None),
        ("٣", None),
        ("9" * 5000, None),
        (" 7 ", 7.0),
        ("Wed, 21 Oct 2999 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    assert parse_retry_after(text) == seconds


def test_a_date_of_retry_after_counts_from_now():
    at = datetime.now(UTC) + timedelta(seconds=90)
    assert 88 < parse_retry_after(format_datetime(at, usegmt=True)) <= 90


DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("later", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:51:07 GMT", 90.0),
        ("Sunday, 06-Nov-94 08:51:07 GMT", 90.0),
        ("Sun Nov  6 08:51:07 1994", 90.0),
        ("Sun, 06 Nov 1994 09:51:07 +0100", 90.0),
        ("Sun, 06 Nov 1994 12:49:37 GMT", 14400.0),
        ("Sun, 06 Nov 1994 12:49:38 GMT", None),
        (DATE, None),
        ("Sun, 06 Nov 1994 08:49:36 GMT", None),
    ],
)
def test_a_date_of_retry_after_counts_from_the_date_of_the_response(later, seconds):
    assert parse_retry_after(later, DATE) == seconds


@pytest.mark.parametrize("date", ["", "yesterday", "x" * 5000])
def test_without_a_date_of_the_response_the_clock_of_this_machine_counts(date):
    at = datetime.now(UTC) + timedelta(seconds=90)
    assert 88 < parse_retry_after(format_datetime(at, usegmt=True), date) <= 90


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    ("text", "body"), [('{"é": "s3cret!"}', {"é": "[secret]"}), ("é s3cret!", "é [secret]")]
)
async def test_a_byte_order_mark_is_no_part_of_a_body(httpx_mock, encoding, text, body):
    httpx_mock.add_response(content=text.encode(encoding))
    assert (await ask(POLICY)).body == body


async def test_a_body_that_is_not_json_raises_a_type_error():
    with pytest.raises(TypeError, match="set is not JSON"):
        await ask(POLICY, "POST", json={"a": {1}})


async def test_frozen_mappings_are_sent_like_dicts(httpx_mock):
    httpx_mock.add_response(match_content=b'{"a":{"b":1}}')
    await ask(POLICY, "POST", json={"a": MappingProxyType({"b": 1})})


@pytest.mark.parametrize("charset", ["zlib_codec", "hex", "idna", "no-such"])
async def test_an_unknown_charset_is_read_as_utf_8(httpx_mock, charset):
    headers = {"content-type": f"application/json; charset={charset}"}
    httpx_mock.add_response(content=b'{"a":1}', headers=headers)
    assert (await ask(POLICY)).body == {"a": 1}


async def test_a_secret_in_json_escapes_or_a_header_is_masked(httpx_mock):
    escaped = "".join(f"\\u{ord(char):04x}" for char in "s3cret!")
    httpx_mock.add_response(content=f'{{"id":"{escaped}"}}'.encode(), headers={"x-echo": "s3cret!"})
    response = await ask(POLICY)
    assert response.body == {"id": "[secret]"}
    assert response.headers["x-echo"] == "[secret]"


async def test_a_secret_of_digits_is_masked_among_numbers(httpx_mock):
    httpx_mock.add_response(json={"n": 12345, "m": 1})
    policy = RequestPolicy(hosts=POLICY.hosts, secrets=("12345",))
    assert (await ask(policy)).body == {"n": "[secret]", "m": 1}
