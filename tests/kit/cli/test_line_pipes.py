"""Lines between two processes: whole, in order, and without a wait that no signal ends."""

import asyncio
import os
from contextlib import suppress

import pytest

from destination_kit.cli import line_pipes
from destination_kit.cli.line_pipes import LineReader, LineWriter


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):  # the test closed it
            os.close(end)


async def read_all(content, pipe, stop=None):
    reading, writing = pipe
    os.write(writing, content)
    os.close(writing)
    return [line async for line in LineReader(reading, stop or asyncio.Event()).lines()]


async def test_a_line_ends_with_a_line_break_and_nothing_else(pipe):
    content = b'{"a": "\xe2\x80\xa8"}\n\n  \r\nhalf\r\n{"b":\nlast'
    lines = [(line.number, line.content) for line in await read_all(content, pipe)]
    assert lines == [
        (1, b'{"a": "\xe2\x80\xa8"}'),
        (4, b"half\r"),
        (5, b'{"b":'),
        (6, b"last"),
    ]


async def test_a_line_may_come_in_pieces(pipe):
    reading, writing = pipe
    lines = LineReader(reading, asyncio.Event()).lines()
    first = asyncio.ensure_future(anext(lines))
    for piece in (b'{"i', b'd": 1', b"}\n{"):
        assert not first.done()
        os.write(writing, piece)
        await asyncio.sleep(0.01)
    assert (await first).content == b'{"id": 1}'
    os.close(writing)
    assert (await anext(lines)).content == b"{"


async def test_of_a_line_that_is_too_long_the_start_is_kept(tmp_path):
    longest = line_pipes.MAX_LINE_BYTES
    path = tmp_path / "lines"
    path.write_bytes(b"a" * (longest + 1) + b"\nb\n" + b"c" * longest + b"\n" + b"d" * longest * 2)
    with path.open("rb") as file:
        reader = LineReader(file.fileno(), asyncio.Event())
        lines = [line async for line in reader.lines()]
    assert [(line.content[:1], len(line.content), line.is_truncated) for line in lines] == [
        (b"a", longest, True),
        (b"b", 1, False),
        (b"c", longest, False),
        (b"d", longest, True),
    ]


async def test_a_stop_ends_the_wait_for_a_silent_pipe(pipe):
    stop = asyncio.Event()
    lines = LineReader(pipe[0], stop).lines()
    waiting = asyncio.ensure_future(anext(lines, None))
    await asyncio.sleep(0.01)
    stop.set()
    assert await waiting is None


async def test_an_input_that_cannot_be_read_says_why(tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        reader = LineReader(folder, asyncio.Event())
        assert [line async for line in reader.lines()] == []
        assert isinstance(reader.error, IsADirectoryError)
    finally:
        os.close(folder)


async def test_the_loop_stays_free_while_a_pipe_is_full(pipe):
    reading, writing = pipe
    content = b"x" * 300_000
    writer = asyncio.ensure_future(LineWriter(writing).write(content))
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert not writer.done()
    taken = 0
    while taken < len(content):
        taken += len(await asyncio.to_thread(os.read, reading, 65_536))
    await writer


async def test_a_reader_that_has_gone_is_an_error(pipe):
    os.close(pipe[0])
    with pytest.raises(BrokenPipeError):
        await LineWriter(pipe[1]).write(b"x\n")
