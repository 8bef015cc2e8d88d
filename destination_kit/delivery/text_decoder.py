"""Text decoder: the bytes of a file as text, decompressed where they are gzip."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from typing import Final

_GZIP: Final = b"\x1f\x8b"
#: The first bytes of formats that hold no text, and what a person does with such a file.
_FORMATS: Final = (
    (_GZIP, "is compressed with gzip twice: decompress it once with `gunzip`"),
    (b"PK\x03\x04", "is a zip archive: unpack it with `unzip`"),
    (b"BZh", "is compressed with bzip2: decompress it with `bunzip2`, or take gzip"),
    (b"\xfd7zXZ\x00", "is compressed with xz: decompress it with `unxz`, or take gzip"),
    (b"\x28\xb5\x2f\xfd", "is compressed with Zstandard: decompress it with `unzstd`"),
    (b"PAR1", "is a Parquet file: export its rows as JSON lines"),
)
# UTF-16's mark is the start of UTF-32's (`FF FE 00 00`), so UTF-32 comes first.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# JSON starts with two ASCII characters, so the zero bytes among the first four show an encoding
# without a mark (RFC 4627, section 3).
_ZERO_BYTES: Final = {
    (False, True, False, True): "UTF-16LE",
    (True, False, True, False): "UTF-16BE",
    (False, True, True, True): "UTF-32LE",
    (True, True, True, False): "UTF-32BE",
    (False, True): "UTF-16LE",
    (True, False): "UTF-16BE",
}
_START_BYTES: Final = 6
# One byte of gzip can stand for a thousand, so output is taken in pieces of this size.
_PIECE_BYTES: Final = 65_536


class SourceError(Exception):
    """The events cannot be read, or not any further; the message names the next step."""


def check_start(content: bytes) -> None:
    """Raise `SourceError` where the first bytes of a file are not those of readable text."""
    start = b""
    for piece in _GzipReader().read(content) if content.startswith(_GZIP) else (content,):
        start += piece
        if len(start) >= _START_BYTES:
            break
    _refuse_other_encodings(start)


class TextDecoder:
    """Decodes the bytes of one file, which arrive in chunks, as UTF-8.

    Bytes that are not UTF-8 become surrogates (PEP 383), so that one of them costs its event only.
    Raises `SourceError` for another encoding or format, and for gzip that is damaged or cut off.
    """

    def __init__(self) -> None:
        self._length = 0
        self._start = b""
        self._is_started = False
        self._gzip: _GzipReader | None = None
        self._text_start: bytes | None = b""
        self._utf8 = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    @property
    def position(self) -> int:
        """The bytes that the text so far stands for; those of gzip are counted compressed."""
        return self._length - (self._gzip.pending if self._gzip else 0)

    def decode(self, chunk: bytes) -> Iterator[str]:
        """Yield the text of a chunk, in pieces."""
        self._length += len(chunk)
        if not self._is_started:
            self._start += chunk
            if len(self._start) < len(_GZIP):
                return
            chunk = self._take_start()
        for piece in self._gzip.read(chunk) if self._gzip else (chunk,):
            yield self._decode_piece(piece)

    def flush(self) -> Iterator[str]:
        """Yield the rest of the text, once the file has ended."""
        if not self._is_started:
            yield self._decode_piece(self._take_start())
        if self._gzip:
            self._gzip.finish()
        if self._text_start is not None:
            yield self._decode_start(self._text_start)
        yield self._utf8.decode(b"", final=True)

    def _take_start(self) -> bytes:
        self._is_started = True
        if self._start.startswith(_GZIP):
            self._gzip = _GzipReader()
        return self._start

    def _decode_piece(self, piece: bytes) -> str:
        if self._text_start is None:
            return self._utf8.decode(piece)
        self._text_start += piece
        return self._decode_start(self._text_start) if len(self._text_start) >= _START_BYTES else ""

    def _decode_start(self, start: bytes) -> str:
        self._text_start = None
        _refuse_other_encodings(start)
        return self._utf8.decode(start).removeprefix("\ufeff")


def _refuse_other_encodings(start: bytes) -> None:
    for magic, problem in _FORMATS:
        if start.startswith(magic):
            raise SourceError(problem)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            raise _other_encoding(encoding)
    length = 4 if len(start) >= len(codecs.BOM_UTF32_LE) else 2
    zero_bytes = tuple(not byte for byte in start[:length])
    if encoding := _ZERO_BYTES.get(zero_bytes, ""):
        raise _other_encoding(encoding)


def _other_encoding(encoding: str) -> SourceError:
    return SourceError(
        f"is {encoding}, and JSON is UTF-8: convert it, for example with"
        f" `iconv -f {encoding} -t UTF-8`, or in PowerShell write it with"
        " `Set-Content -Encoding utf8`"
    )


class _GzipReader:
    """Decompresses gzip of one or more members (RFC 1952, section 2.2)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._is_open = True
        #: Bytes of the last chunk that are not decompressed yet.
        self.pending = 0

    def read(self, chunk: bytes) -> Iterator[bytes]:
        has_more = False
        # zlib can hold back output although it has taken the whole chunk.
        while chunk or has_more:
            if self._member.eof:
                chunk, has_more = self._next_member(chunk), False
                continue
            try:
                piece = self._member.decompress(chunk, _PIECE_BYTES)
            except zlib.error as error:
                reason = str(error).rpartition(": ")[2]
                message = f"has damaged gzip data ({reason}): get a new copy of the file"
                raise SourceError(message) from None
            chunk = self._member.unused_data or self._member.unconsumed_tail
            self.pending = len(chunk)
            self._is_open, has_more = not self._member.eof, len(piece) == _PIECE_BYTES
            yield piece
        self.pending = 0

    def finish(self) -> None:
        if self._is_open:
            raise SourceError(
                "ends in the middle of its gzip data: it is cut off, so get a new copy of the file"
            )

    def _next_member(self, chunk: bytes) -> bytes:
        # `tar` and tapes fill blocks with zeros after the last member, and `gzip` ignores these.
        content = chunk.lstrip(b"\0")
        if not content:
            return b""
        if not _GZIP.startswith(content[:2]) and not content.startswith(_GZIP):
            raise SourceError(
                "has bytes after its gzip data that are not gzip: get a new copy of the file"
            )
        self._member, self._is_open = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), True
        return content
