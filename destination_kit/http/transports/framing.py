"""Framing of HTTP/1.1 responses: whether a connection has delivered more than its response.

A partner or a proxy can send bytes that no request asked for. A later request on the connection
would take them for its own response, and so one person would get the answer of another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# A library may take a bare line feed for a line end. The earliest end that either reading allows
# makes the counted head too short, never too long, and a mismatch only costs a connection.
_HEAD_END: Final = re.compile(rb"\n\r?\n")
# The longest size line in use has 16 digits. Chunk extensions (RFC 9112, section 7.1.1) are longer,
# but no server is known to send them.
_MAX_SIZE_LINE: Final = 100
_CHUNK_SIZE: Final = re.compile(rb"[0-9a-fA-F]{1,16}")
_BODILESS: Final = frozenset({204, 304})
#: Bytes of all heads of a response: the final one, and those of 1xx responses before it.
MAX_HEAD_BYTES: Final = 262_144


class ResponseFraming:
    """Counts the bytes of a connection since its last request (RFC 9112, section 6)."""

    __slots__ = ("_chunks", "_head", "_head_length", "received")

    def __init__(self) -> None:
        #: Bytes since the request.
        self.received = 0
        self._head = b""
        self._head_length = 0
        self._chunks: _ChunkCounter | None = None

    def add(self, data: bytes) -> None:
        """Count bytes that have arrived."""
        self.received += len(data)
        if not self._head_length:
            data = self._add_to_head(data)
        if self._chunks:
            self._chunks.add(data)

    def ends_with_response(self, method: str, status: int, headers: Mapping[str, str]) -> bool:
        """Return whether the last byte is that of this response, so that nothing follows it.

        The status and the headers are those that the HTTP library has read; names in lower case.
        Return False also where the end cannot be told.
        """
        coding = headers.get("transfer-encoding", "").lower()
        if method == "HEAD" or status in _BODILESS:
            return self.received == self._head_length
        if coding:
            return coding == "chunked" and self._chunks is not None and self._chunks.is_at_end
        length = headers.get("content-length", "")
        has_length = length.isascii() and length.isdecimal() and len(length) < _MAX_SIZE_LINE
        return has_length and self.received == self._head_length + int(length)

    def _add_to_head(self, data: bytes) -> bytes:
        """Add to the head, and return what follows it."""
        head = self._head + data if self._head else data
        end = _HEAD_END.search(head)
        if end is None:
            self._head = head[:MAX_HEAD_BYTES]
            return b""
        self._head, self._head_length = b"", end.end()
        if b"chunked" in head[: end.end()].lower():
            self._chunks = _ChunkCounter()
        return head[end.end() :]


class _ChunkCounter:
    """Finds the end of a chunked body (RFC 9112, section 7.1)."""

    __slots__ = ("_is_broken", "_line", "_remaining", "is_at_end")

    def __init__(self) -> None:
        self._line = b""
        #: Bytes of the chunk, and of its line end, that are still to come.
        self._remaining = 0
        self._is_broken = False
        #: Whether the last byte was that of the body.
        self.is_at_end = False

    def add(self, data: bytes) -> None:
        # Trailers, chunk extensions and anything after the end break the count: the connection is
        # not used again.
        if data and self.is_at_end:
            self._is_broken, self.is_at_end = True, False
        position = 0
        while position < len(data) and not self._is_broken:
            if self._remaining:
                skipped = min(self._remaining, len(data) - position)
                self._remaining -= skipped
                position += skipped
            else:
                position = self._read_size(data, position)

    def _read_size(self, data: bytes, position: int) -> int:
        """Read the line of a chunk's size from a position; return where its data begin."""
        end = data.find(b"\n", position)
        stop = len(data) if end < 0 else end + 1
        self._line += data[position:stop]
        if len(self._line) > _MAX_SIZE_LINE:
            self._is_broken = True
        elif end >= 0:
            self._start_chunk(has_more=stop < len(data))
        return stop

    def _start_chunk(self, *, has_more: bool) -> None:
        line, self._line = self._line, b""
        if line == b"0\r\n":
            self._line = line  # the empty line that ends the body must follow
        elif line == b"0\r\n\r\n":
            self.is_at_end, self._is_broken = not has_more, has_more
        elif line.endswith(b"\r\n") and _CHUNK_SIZE.fullmatch(line, 0, len(line) - 2):
            self._remaining = int(line, 16) + 2
        else:
            self._is_broken = True
