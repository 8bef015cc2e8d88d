import os
from contextlib import closing

import pytest

from destination_kit.delivery.events import read_event
from destination_kit.delivery.source import MOST_BYTES, Line, Source, Splitter
from destination_kit.results import Failed


def split(*chunks):
    splitter = Splitter()
    lines = [line for chunk in chunks for line in splitter.split(chunk)]
    return [*lines, *splitter.rest()]


@pytest.mark.parametrize(
    "chunks", [(b"a\nbc\n\nd",), (b"a", b"\nb", b"c\n", b"\n", b"d"), (b"a\nbc\n \r\nd\n",)]
)
def test_lines_are_the_same_however_they_arrive(chunks):
    found = [(line.number, line.content) for line in split(*chunks)]
    assert found == [(1, b"a"), (2, b"bc"), (4, b"d")]


def test_a_line_beyond_the_limit_is_cut_and_the_next_is_whole():
    [long, short] = split(*[b"x" * 65_536] * 40, b"\nnext")
    assert (long.number, len(long.content), long.cut) == (1, MOST_BYTES, True)
    assert short == Line(2, b"next")


def test_a_line_at_the_limit_is_whole():
    [line] = split(b"x" * MOST_BYTES)
    assert not line.cut


async def test_a_pipe_is_read_to_its_end():
    reader, writer = os.pipe()
    os.write(writer, b"a\nb")
    os.close(writer)
    with closing(os.fdopen(reader, "rb")):
        assert [line.content async for line in Source(reader).lines()] == [b"a", b"b"]


async def test_a_stopped_source_yields_nothing_more_even_while_a_pipe_is_silent():
    reader, writer = os.pipe()
    os.write(writer, b"a\nb\nhalf")
    source, seen = Source(reader), []
    with closing(os.fdopen(reader, "rb")), closing(os.fdopen(writer, "wb")):
        async for line in source.lines():
            seen.append(line.content)
            if line.content == b"b":
                source.stop()
    assert seen == [b"a", b"b"]
    assert source.number == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a" 1}', "not JSON: Expecting ':' delimiter at column 6"),
        (b"[1]", "an event is a JSON object"),
        (b'"text"', "an event is a JSON object"),
        (b'{"a": "\xe9"}', "not UTF-8: see column 8"),
        (b'{"a": Infinity}', "Infinity is no JSON number"),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "nested deeper than 100 levels"),
        (b"[" * 500_000, "nested deeper than 100 levels"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON: "),
    ],
)
def test_a_broken_line_says_what_is_wrong_and_where(content, said):
    failed = read_event(Line(7, content))
    assert isinstance(failed, Failed)
    assert failed.code == "INVALID_EVENT"
    assert said in failed.message


def test_a_cut_line_is_too_large():
    assert read_event(Line(1, b"{}", cut=True)) == Failed(
        "INVALID_EVENT", "the event is larger than 1,000,000 bytes"
    )


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": ' + b"[" * 99 + b"]" * 99 + b"}",
        b'{"a": "' + b"[{" * 200 + b'"}',
        b'{"a": [' + b"{}," * 200 + b"1]}",
    ],
)
def test_a_hundred_levels_are_fine_and_only_levels_count(content):
    assert isinstance(read_event(Line(1, content)), dict)


def test_a_byte_order_mark_is_no_part_of_the_first_event():
    assert read_event(Line(1, b'\xef\xbb\xbf{"a": 1}\r')) == {"a": 1}
    assert isinstance(read_event(Line(2, b'\xef\xbb\xbf{"a": 1}')), Failed)
