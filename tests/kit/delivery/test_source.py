import os
from contextlib import closing

import pytest

from destination_kit.delivery.source import MAX_LINE_BYTES, Line, LineSource, LineSplitter


def split(*chunks):
    splitter = LineSplitter()
    lines = [line for chunk in chunks for line in splitter.split(chunk)]
    return [*lines, *splitter.flush()]


@pytest.mark.parametrize(
    "chunks", [(b"a\nbc\n\nd",), (b"a", b"\nb", b"c\n", b"\n", b"d"), (b"a\nbc\n \r\nd\n",)]
)
def test_lines_are_the_same_however_they_arrive(chunks):
    found = [(line.number, line.content) for line in split(*chunks)]
    assert found == [(1, b"a"), (2, b"bc"), (4, b"d")]


def test_a_line_beyond_the_limit_is_cut_and_the_next_is_whole():
    [long, short] = split(*[b"x" * 65_536] * 40, b"\nnext")
    assert (long.number, len(long.content), long.is_truncated) == (1, MAX_LINE_BYTES, True)
    assert short == Line(2, b"next")


def test_a_line_at_the_limit_is_whole():
    [line] = split(b"x" * MAX_LINE_BYTES)
    assert not line.is_truncated


async def test_a_pipe_is_read_to_its_end():
    reader, writer = os.pipe()
    os.write(writer, b"a\nb")
    os.close(writer)
    with closing(os.fdopen(reader, "rb")):
        assert [line.content async for line in LineSource(reader).lines()] == [b"a", b"b"]


async def test_a_stopped_source_yields_nothing_more_even_while_a_pipe_is_silent():
    reader, writer = os.pipe()
    os.write(writer, b"a\nb\nhalf")
    source, seen = LineSource(reader), []
    with closing(os.fdopen(reader, "rb")), closing(os.fdopen(writer, "wb")):
        async for line in source.lines():
            seen.append(line.content)
            if line.content == b"b":
                source.stop()
    assert seen == [b"a", b"b"]
    assert source.line_number == 2


async def test_a_file_says_how_much_of_it_was_read(tmp_path):
    path = tmp_path / "e"
    path.write_bytes(b"abc\nabcd\nab")
    with path.open("rb") as file:
        source = LineSource(file.fileno())
        read = [
            (source.lines_read, source.position, source.is_exhausted) async for _ in source.lines()
        ]
    assert read == [(1, 4, False), (2, 9, False), (3, 12, False)]
    assert (source.is_exhausted, source.size) == (True, 11)


def test_a_pipe_has_no_size():
    reader, writer = os.pipe()
    with closing(os.fdopen(reader, "rb")), closing(os.fdopen(writer, "wb")):
        assert LineSource(reader).size == 0
