"""Content codings: what is inflated, and how much of it."""

import gzip
import zlib

import pytest

from destination_kit.http.content_coding import ContentCodingError, decode_content
from destination_kit.http.transports.interface import MAX_RESPONSE_BYTES

GZIP = gzip.compress(b"abc")


@pytest.mark.parametrize("coding", ["", "identity", "Identity, identity", " , "])
def test_a_body_without_a_coding_stays_as_it_is(coding):
    assert decode_content(GZIP, coding, "gzip") == GZIP


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "identity, gzip"])
def test_a_coding_that_was_asked_for_is_undone(coding):
    assert decode_content(GZIP, coding, "br, gzip") == b"abc"
    assert decode_content(b"", coding, "identity") == b""


def test_deflate_is_zlib():
    assert decode_content(zlib.compress(b"abc"), "deflate", "deflate") == b"abc"


@pytest.mark.parametrize(
    ("coding", "accepted"),
    [
        ("gzip", "identity"),
        ("gzip", "gzip;q=0, identity"),
        ("gzip", "deflate"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip, gzip", "gzip"),
        ("gzip, deflate", "gzip, deflate"),
        ("x" * 1000, "identity"),
    ],
)
def test_any_other_coding_is_refused(coding, accepted):
    with pytest.raises(ContentCodingError, match="was not asked for") as raised:
        decode_content(GZIP, coding, accepted)
    assert len(str(raised.value)) < 100


@pytest.mark.parametrize("content", [b"abc", GZIP[:-1], GZIP + GZIP, GZIP + b"x", b"\x1f\x8b"])
def test_a_body_that_is_broken_is_refused(content):
    with pytest.raises(ContentCodingError, match="its "):
        decode_content(content, "gzip", "gzip")


def test_the_limit_is_that_of_a_plain_body():
    assert len(decode_content(zlib.compress(bytes(MAX_RESPONSE_BYTES)), "gzip", "gzip")) == 10**7
    with pytest.raises(ContentCodingError, match="10,000,000 bytes"):
        decode_content(zlib.compress(bytes(MAX_RESPONSE_BYTES + 1)), "gzip", "gzip")
