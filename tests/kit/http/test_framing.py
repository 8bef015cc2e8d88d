"""Framing of responses: where a response ends, however its bytes are cut."""

import pytest
from hypothesis import given, strategies as st

from destination_kit.http.transports.framing import ResponseFraming

SIZED = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3\r\nabc\r\nA\r\n0\r\n\r\n56789\r\n0\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n"
WHOLE = {
    "sized": (SIZED, ("GET", 200, {"content-length": "3"})),
    "chunked": (CHUNKED, ("GET", 200, {"transfer-encoding": "Chunked"})),
    "204": (EMPTY, ("GET", 204, {})),
    "304": (EMPTY, ("GET", 304, {"content-length": "60"})),
    "HEAD": (HEAD, ("HEAD", 200, {"content-length": "3"})),
}


def ends(data, method, status, headers, cuts=()):
    framing = ResponseFraming()
    for start, stop in zip((0, *cuts), (*cuts, len(data)), strict=True):
        framing.add(data[start:stop])
    assert framing.received == len(data)
    return framing.ends_with_response(method, status, headers)


@pytest.mark.parametrize("kind", WHOLE)
@given(data=st.data())
def test_a_response_ends_with_its_last_byte_however_it_is_cut(kind, data):
    response, read = WHOLE[kind]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(response)), max_size=6)))
    assert ends(response, *read, cuts)
    assert not ends(response[:-1], *read)


@pytest.mark.parametrize("kind", WHOLE)
@given(data=st.data())
def test_any_byte_more_is_noticed_however_it_is_cut(kind, data):
    response, read = WHOLE[kind]
    more = response + data.draw(st.sampled_from([b"\r", b"\n", b"\r\n", b"0\r\n\r\n", b"x"]))
    more += data.draw(st.sampled_from([b"", response, b"0\r\n\r\n"]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(more)), max_size=6)))
    assert not ends(more, *read, cuts)


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        (SIZED, {}),
        (SIZED, {"content-length": "3, 3"}),
        (SIZED, {"content-length": "+3"}),
        (SIZED, {"content-length": "-0"}),
        (SIZED, {"content-length": "٣"}),
        (SIZED, {"content-length": "9" * 5000}),
        (SIZED, {"content-length": "3", "transfer-encoding": "chunked"}),
        (CHUNKED, {"transfer-encoding": "gzip, chunked"}),
        (CHUNKED.replace(b"3\r\n", b"3;a=b\r\n", 1), {"transfer-encoding": "chunked"}),
        (CHUNKED.replace(b"3\r\n", b"0x3\r\n", 1), {"transfer-encoding": "chunked"}),
        (CHUNKED.replace(b"3\r\n", b"-3\r\n", 1), {"transfer-encoding": "chunked"}),
        (CHUNKED.replace(b"3\r\n", b"0" * 200 + b"3\r\n", 1), {"transfer-encoding": "chunked"}),
        (CHUNKED[:-2] + b"trailer: 1\r\n\r\n", {"transfer-encoding": "chunked"}),
        (b"HTTP/1.1 103 Early\r\n\r\n" + SIZED, {"content-length": "3"}),
        (b"\r\n\r\n" + SIZED, {"content-length": "3"}),
        (b"HTTP/1.1 200 OK\n\nabc", {"content-length": "4"}),
    ],
)
def test_an_end_that_cannot_be_told_is_no_end(data, headers):
    assert not ends(data, "GET", 200, headers)


def test_many_small_chunks_take_linear_time():
    framing = ResponseFraming()
    framing.add(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    framing.add(b"1\r\na\r\n" * 200_000)
    framing.add(b"0\r\n\r\n")
    assert framing.ends_with_response("GET", 200, {"transfer-encoding": "chunked"})
