"""The text decoder unpacks gzip, and refuses other formats by name."""

import bz2
import gzip
import io
import lzma
import zipfile
from functools import partial

import pytest

from destination_kit.delivery.text_decoder import SourceError, TextDecoder

# Without a time of its own, gzip is the same in every process that collects the tests.
compress = partial(gzip.compress, mtime=0)


def decode(content, size=7):
    decoder = TextDecoder()
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    text = "".join(piece for chunk in chunks for piece in decoder.decode(chunk))
    return text + "".join(decoder.flush())


TEXT = '{"a": "é\u2028😀"}\n' * 20
PLAIN = TEXT.encode()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        compress(PLAIN),
        compress(b"\xef\xbb\xbf" + PLAIN),
        compress(PLAIN[:50]) + compress(b"") + compress(PLAIN[50:]),
        compress(PLAIN) + b"\0" * 600,
    ],
)
def test_text_is_the_same_with_a_mark_and_in_gzip(content, size):
    assert decode(content, size) == TEXT


def test_bytes_that_are_not_utf_8_stay_as_surrogates():
    assert decode(b'{"a": "\xe9"}') == '{"a": "\udce9"}'


@pytest.mark.parametrize("content", [b"", b"{", b"\xef\xbb\xbf", b"5"])
def test_the_shortest_files_are_read(content):
    assert decode(content) == content.decode("utf-8-sig")


@pytest.mark.parametrize("pack", [bytes, compress])
@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        ("{}".encode("utf-16-le"), "UTF-16LE"),
        ('[{"a": 1}]'.encode("utf-16-be"), "UTF-16BE"),
        ('{"a": 1}'.encode("utf-32"), "UTF-32"),
        ("[]".encode("utf-32-le"), "UTF-32LE"),
        ('{"a": 1}'.encode("utf-32-be"), "UTF-32BE"),
        ("1".encode("utf-16-le"), "UTF-16LE"),
        ("1".encode("utf-16-be"), "UTF-16BE"),
        (b"\xff\xfe" + "1".encode("utf-16-le"), "UTF-16"),
        (b"\xfe\xff" + "1".encode("utf-16-be"), "UTF-16"),
        (b"\xff\xfe\0\0" + "1".encode("utf-32-le"), "UTF-32"),
        (b"\0\0\xfe\xff" + "1".encode("utf-32-be"), "UTF-32"),
    ],
)
def test_another_encoding_is_refused_by_its_name_with_the_next_step(content, name, pack):
    with pytest.raises(SourceError, match=rf"is {name}, .*`iconv -f {name} -t UTF-8`"):
        decode(pack(content))


def _zip(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("e.jsonl"), content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "step"),
    [
        (compress(compress(PLAIN)), "gunzip"),
        (_zip(PLAIN), "unzip"),
        (bz2.compress(PLAIN), "bunzip2"),
        (lzma.compress(PLAIN), "unxz"),
        (b"\x28\xb5\x2f\xfd rest", "unzstd"),
    ],
)
def test_another_format_is_refused_with_the_program_that_unpacks_it(content, step):
    with pytest.raises(SourceError, match=step):
        decode(content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (compress(PLAIN)[:-9], "cut off"),
        (compress(PLAIN) + compress(PLAIN)[:12], "cut off"),
        (compress(PLAIN)[:-6] + b"\0\0\0\0\0\0", "damaged"),
        (compress(PLAIN) + b"garbage", "not gzip"),
    ],
)
def test_damaged_gzip_is_named(content, problem):
    with pytest.raises(SourceError, match=problem):
        decode(content)


def test_the_text_before_the_end_of_cut_off_gzip_is_given():
    decoder = TextDecoder()
    assert "".join(decoder.decode(compress(PLAIN)[:-4])) == TEXT
    with pytest.raises(SourceError, match="cut off"):
        list(decoder.flush())


def test_gzip_that_grows_a_thousandfold_comes_in_small_pieces():
    pieces = list(TextDecoder().decode(compress(b" " * 20_000_000)))
    assert sum(map(len, pieces)) == 20_000_000
    assert max(map(len, pieces)) == 65_536


def test_the_position_is_that_in_the_file_packed_or_not():
    decoder = TextDecoder()
    assert decoder.position == 0
    assert ["".join(decoder.decode(PLAIN)), decoder.position] == [TEXT, len(PLAIN)]
    packed = compress(b" " * 300_000 + PLAIN) + compress(PLAIN)
    decoder = TextDecoder()
    positions = [decoder.position for _ in decoder.decode(packed)]
    assert positions == sorted(positions)
    assert 0 < positions[0] < positions[-1] <= len(packed)
    assert decoder.position == len(packed)


@pytest.mark.parametrize("size", [5, 6, 7])
def test_a_mark_is_no_text_wherever_the_pieces_end(size):
    decoder = TextDecoder()
    content = b"\xef\xbb\xbf[1,2]"
    assert "".join(decoder.decode(content[:size])) == ("" if size < 6 else content[3:size].decode())
    assert "".join(decoder.decode(content[size:])).endswith(content[size:].decode())


def test_nothing_is_left_of_packed_text_without_content():
    assert decode(compress(b"")) == ""
    with pytest.raises(SourceError, match="cut off"):
        decode(b"\x1f\x8b")
