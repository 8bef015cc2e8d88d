"""Content codings: what is inflated, and how much of it."""

import gzip
import zlib

import pytest

from destination_kit.http.content_coding import decode_content
from destination_kit.http.transports.interface import (
    MAX_RESPONSE_BYTES,
    NoResponseError,
    RawResponse,
)

GZIP = gzip.compress(b"abc", mtime=0)


def decode(content, coding, accepted, status=200):
    response = RawResponse(status, {"content-encoding": coding}, content)
    return decode_content(response, {"accept": "a/b", "Accept-Encoding": accepted})


@pytest.mark.parametrize("coding", ["", " ", "identity", "Identity "])
def test_a_body_without_a_coding_stays_as_it_is(coding):
    assert decode(GZIP, coding, "gzip") == GZIP


@pytest.mark.parametrize("coding", ["gzip", " GZIP", "x-gzip"])
@pytest.mark.parametrize("accepted", ["GZIP", "br, gzip", "x-gzip", "gzip;q=0.05", "gzip ;q=1, *"])
def test_a_coding_that_was_asked_for_is_undone(coding, accepted):
    assert decode(GZIP, coding, accepted) == b"abc"
    assert decode(b"", coding, "identity") == b""


def test_deflate_is_zlib():
    assert decode(zlib.compress(b"abc"), "deflate", "deflate") == b"abc"


REFUSED = [
    ("gzip", "identity"),
    ("gzip", "gzip;q=0, identity"),
    ("gzip", "gzip ; q=0.000"),
    ("gzip", "deflate"),
    ("gzip", "*"),
    ("gzip", "notgzip"),
    ("br", "br"),
    ("zstd", "zstd"),
    ("compress", "compress"),
    ("gzip, gzip", "gzip"),
    ("gzip, identity", "gzip"),
    ("gzip, deflate", "gzip, deflate"),
    ("x" * 1000, "identity"),
]


@pytest.mark.parametrize(("coding", "accepted"), REFUSED)
def test_any_other_coding_is_refused(coding, accepted):
    with pytest.raises(NoResponseError, match="was not asked for") as raised:
        decode(GZIP, coding, accepted)
    assert repr(coding[:40]) in str(raised.value)
    assert (raised.value.status, raised.value.unsent) == (200, False)


@pytest.mark.parametrize(
    "content", [b"abc", GZIP[:-1], GZIP + GZIP[:-1], GZIP + b"x", GZIP * 101, b"\x1f\x8b"]
)
def test_a_body_that_is_broken_is_refused(content):
    with pytest.raises(NoResponseError, match="compress"):
        decode(content, "gzip", "gzip")


@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_success_that_cannot_be_read_is_refused(status):
    with pytest.raises(NoResponseError) as raised:
        decode(b"abc", "gzip", "gzip", status)
    assert raised.value.status == status


@pytest.mark.parametrize("status", [199, 300, 429, 503])
def test_an_error_that_cannot_be_read_has_no_body(status):
    assert decode(GZIP, "gzip", "identity", status) == b""
    assert decode(b"abc", "gzip", "gzip", status) == b""
    assert decode(GZIP, "gzip", "gzip", status) == b"abc"


def test_the_limit_is_that_of_a_plain_body():
    largest = zlib.compress(bytes(MAX_RESPONSE_BYTES))
    assert len(decode(largest, "gzip", "gzip")) == MAX_RESPONSE_BYTES
    with pytest.raises(NoResponseError, match="10,000,000 bytes"):
        decode(zlib.compress(bytes(MAX_RESPONSE_BYTES + 1)), "gzip", "gzip")


@pytest.mark.parametrize("padding", [b"", bytes(500)])
def test_a_body_in_several_members_is_read_whole(padding):
    assert decode(GZIP * 100 + padding, "gzip", "gzip") == b"abc" * 100
    members = gzip.compress(bytes(MAX_RESPONSE_BYTES)) + gzip.compress(b"x")
    with pytest.raises(NoResponseError, match="bytes"):
        decode(members, "gzip", "gzip")
