import json
from io import BytesIO

import pytest
from hypothesis import given, strategies as st

from destination_kit.delivery.record_tails import (
    MAX_RECORD_BYTES,
    is_half_record,
    is_whole_record,
    read_lines,
)

RECORD = json.dumps({"line": 7, "status": "delivered", "results": []}).encode()


@given(st.integers(0, len(RECORD) - 1), st.integers(0, 4096))
def test_each_part_of_a_record_is_half_a_record(length, zero_bytes):
    tail = RECORD[:length] + b"\0" * zero_bytes
    assert is_half_record(tail)
    assert not is_whole_record(tail)


def test_a_record_without_its_line_break_is_whole():
    assert is_whole_record(RECORD)
    assert is_whole_record(RECORD + b" \r")


@pytest.mark.parametrize("tail", [b"x", b'{"a": 1}', b'{"lin": ', b"[1", b"\0x", b"\xef\xbb\xbf{"])
def test_the_end_of_another_file_is_no_half_record(tail):
    assert not is_half_record(tail)


def test_a_line_that_is_longer_than_any_record_comes_in_pieces():
    lines = list(read_lines(BytesIO(b"a\n" + b"x" * MAX_RECORD_BYTES + b"y\nb")))
    assert list(map(len, lines)) == [2, MAX_RECORD_BYTES, 2, 1]
