import asyncio
import gzip
import hashlib
import json
import os
from contextlib import closing
from functools import partial

import pytest

from destination_kit.delivery import LineSource, SourceError

# Without a time of its own, gzip is the same in every process that collects the tests.
compress = partial(gzip.compress, mtime=0)


async def read(*inputs):
    return [(line.number, line.label, line.content) async for line in LineSource(*inputs).lines()]


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


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
    assert not source.is_exhausted


async def test_files_are_read_one_after_the_other_with_numbers_of_their_own(file):
    first = file("1.jsonl", b'{"a":1}\n\n{"a":2}\n')
    second = file("2.json.gz", compress(b'[{"b":1},\n{"b":2}]'))
    third = file("3.jsonl", b'\xef\xbb\xbf{"c":1}')
    source = LineSource(first, str(second), third)
    source.check()
    lines = [(line.number, line.label, line.content) async for line in source.lines()]
    assert lines == [
        (1, f"{first}, line 1", b'{"a":1}'),
        (3, f"{first}, line 3", b'{"a":2}'),
        (4, f"{second}, line 1, /0", b'{"b":1}'),
        (5, f"{second}, line 2, /1", b'{"b":2}'),
        (6, f"{third}, line 1", b'{"c":1}'),
    ]
    assert (source.lines_read, source.is_exhausted) == (5, True)
    assert source.position == source.size == sum(p.stat().st_size for p in (first, second, third))


async def test_one_file_gives_no_name_to_its_lines(file):
    assert await read(file("e", b'{"a":1}')) == [(1, "line 1", b'{"a":1}')]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{}".encode("utf-16"), "e is UTF-16"),
        (compress("[]".encode("utf-16-le")), "e is UTF-16LE"),
        (b"PK\x03\x04zip", "e is a zip archive"),
    ],
)
def test_a_check_refuses_what_no_run_could_read(file, content, problem):
    with pytest.raises(SourceError, match=problem):
        LineSource(file("good", b"{}"), file("e", content)).check()


def test_a_check_names_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(SourceError, match="cannot read .*none: No such file"):
        LineSource(tmp_path / "none").check()
    with pytest.raises(SourceError, match=r"cannot read .*: Is a directory"):
        LineSource(tmp_path).check()


async def test_a_check_takes_nothing_from_a_pipe():
    reader, writer = os.pipe()
    os.write(writer, b'{"a":1}\n')
    os.close(writer)
    with closing(os.fdopen(reader, "rb")):
        LineSource(reader).check()
        assert await read(reader) == [(1, "line 1", b'{"a":1}')]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (compress(b'{"a":1}\n' * 2 + b'{"a"')[:-4], "cut off, so get a new copy"),
        (b'[{"a":1},\n{"a":1},', "starts at line 1, column 1: it is cut off"),
        (b'[{"a":1},{"a":1},{"a', "starts at line 1, column 1: it is cut off"),
    ],
)
async def test_what_stands_before_the_fault_of_a_file_is_read(file, content, problem):
    source, contents = LineSource(file("e", content)), []

    async def read_all():
        async for line in source.lines():
            contents.append(line.content)  # noqa: PERF401 - what was read counts, also where it ends

    with pytest.raises(SourceError, match=problem):
        await read_all()
    assert contents == [b'{"a":1}'] * 2
    assert not source.is_exhausted


async def test_a_file_says_how_much_of_it_the_lines_have_taken(file):
    source = LineSource(file("e", b"abc\nabcd\nab"))
    taken = [
        (source.lines_read, source.position, source.is_exhausted) async for _ in source.lines()
    ]
    assert taken == [(1, 3, False), (2, 8, False), (3, 11, False)]
    assert (source.is_exhausted, source.position, source.size) == (True, 11, 11)


EVENTS = [
    {"n": n, "name": hashlib.sha256(str(n).encode()).hexdigest() + "\u0439"} for n in range(3000)
]


@pytest.mark.parametrize("encode", [bytes, compress])
@pytest.mark.parametrize(
    "content",
    [
        "\n".join(json.dumps(event, ensure_ascii=False) for event in EVENTS),
        json.dumps(EVENTS, ensure_ascii=False),
        json.dumps(EVENTS, indent=2),
        json.dumps({"context": {}, "batch": EVENTS * 10}),
    ],
)
async def test_the_bytes_of_the_lines_show_how_many_there_are_in_all(file, content, encode):
    source = LineSource(file("e", encode(content.encode())))
    estimates = [
        source.lines_read * source.size / source.position
        async for line in source.lines()
        if line.number % 500 == 0
    ]
    assert estimates == pytest.approx([source.lines_read] * len(estimates), rel=0.1)


def test_a_pipe_has_no_size():
    reader, writer = os.pipe()
    with closing(os.fdopen(reader, "rb")), closing(os.fdopen(writer, "wb")):
        assert LineSource(reader).size == 0


async def test_a_size_is_that_of_all_files_or_not_known(file, tmp_path):
    first, second = file("1", b"abc"), file("2", b"de")
    assert LineSource(first, second).size == 5
    assert LineSource(first, tmp_path / "missing").size == 0
    assert LineSource(first, "\0").size == 0


async def test_a_line_that_is_taken_back_does_not_count(file):
    source = LineSource(file("e", b"a\n\nb\n"))
    assert (source.line_number, source.lines_read, source.position) == (0, 0, 0)
    _, second = [line async for line in source.lines()]
    assert (source.line_number, source.lines_read) == (3, 2)
    source.unread(second)
    assert (source.line_number, source.lines_read) == (2, 1)
    source.reread(second)
    assert (source.line_number, source.lines_read) == (3, 2)


async def test_the_lines_of_two_files_carry_their_names(file):
    first, second = file("1", b"a"), file("2", b"b")
    found = [line.location async for line in LineSource(first, second).lines()]
    assert [location.file for location in found] == [str(first), str(second)]


async def test_nothing_waits_for_a_pipe_but_its_reader():
    reader, writer = os.pipe()
    # A read before there is something to read would fail here, and stop the event loop elsewhere.
    os.set_blocking(reader, False)
    with closing(os.fdopen(reader, "rb")), closing(os.fdopen(writer, "wb")):
        lines = LineSource(reader).lines()
        for text in (b'{"a": 1}', b'{"a": 2}', b'{"a": 3}'):
            asyncio.get_running_loop().call_later(0.001, os.write, writer, text + b"\n")
            assert (await anext(lines)).content == text
        await lines.aclose()


@pytest.mark.parametrize(("descriptor", "name"), [(0, "standard input"), (None, "the input")])
async def test_an_input_that_cannot_be_read_is_named_with_the_reason(tmp_path, descriptor, name):
    folder = os.open(tmp_path, os.O_RDONLY)
    before = os.dup(0)
    try:
        if descriptor is not None:
            os.dup2(folder, descriptor)
        with pytest.raises(SourceError, match=rf"^{name} cannot be read: Is a directory$"):
            await read(folder if descriptor is None else descriptor)
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(folder)
