"""Line source: the lines of a file or pipe, read in small chunks."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

#: Bytes of the longest line that is read whole.
# A line without end would fill the memory. Segment accepts up to 32 KB an event
# (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size),
# so 1 MB refuses none of its events.
MAX_LINE_BYTES = 1_000_000
# A pipe on Linux holds 65,536 bytes (pipe(7)), so one read can empty it.
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file."""

    #: Position in the file, from 1; blank lines count.
    number: int
    #: The bytes without the line break, at most `MAX_LINE_BYTES` of them.
    content: bytes = field(repr=False)
    #: Whether the line is longer than `MAX_LINE_BYTES`, so that `content` is its start only.
    is_truncated: bool = False


class LineSplitter:
    """Splits chunks of bytes into lines; drops blank lines."""

    def __init__(self) -> None:
        self._pending = bytearray()
        #: The number of the last line, blank lines included.
        self.line_number = 0

    def split(self, chunk: bytes) -> Iterator[Line]:
        """Yield the lines that end in this chunk; keep the rest for the next chunk."""
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            yield from self._complete(end)
        self._append(rest)

    def flush(self) -> Iterator[Line]:
        """Yield the last line if the input ends without a line break."""
        if self._pending:
            yield from self._complete(b"")

    def _complete(self, end: bytes) -> Iterator[Line]:
        self._append(end)
        content = bytes(self._pending)
        self._pending.clear()
        self.line_number += 1
        if content.strip():
            yield Line(
                self.line_number,
                content[:MAX_LINE_BYTES],
                is_truncated=len(content) > MAX_LINE_BYTES,
            )

    def _append(self, part: bytes) -> None:
        # One byte more than the limit is kept. Cut to the limit itself, a longer line would look
        # like one of exactly that length.
        self._pending += part[: MAX_LINE_BYTES + 1 - len(self._pending)]


class LineSource:
    """Reads lines from a file descriptor until the file ends or `stop` is called.

    The event loop stays free while a pipe is silent. Create the source and iterate it once, in
    one event loop; the caller opens and closes the descriptor.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._splitter = LineSplitter()
        self._wake_up = asyncio.Event()
        #: The number of the last line that was read, and not taken back with `unread`.
        self.line_number = 0
        #: How many lines were read, and not taken back; blank ones do not count.
        self.lines_read = 0
        #: Bytes of the lines that were read, of the `size` that is to be read; 0 for a pipe.
        self.position = 0
        self.size = _size_of_file(descriptor)
        #: Whether the last line was read.
        self.is_exhausted = False
        #: Whether `stop` was called.
        self.is_stopped = False
        #: Set by `stop`, for tasks that wait.
        self.stop_event = asyncio.Event()

    def stop(self) -> None:
        """End the iteration, also while it waits for a silent pipe."""
        self.is_stopped = True
        self.stop_event.set()
        self._wake_up.set()

    def unread(self, line: Line) -> None:
        """Count a line as not read, until `reread`; the iteration goes on after it."""
        self.line_number = line.number - 1
        self.lines_read -= 1

    def reread(self, line: Line) -> None:
        """Count a line as read again after `unread`."""
        self.line_number = line.number
        self.lines_read += 1

    async def lines(self) -> AsyncIterator[Line]:
        """Yield every line that is not blank, in order. Raises `OSError` where the file cannot be read."""
        has_more = True
        while has_more:
            chunk = await self._read()
            has_more = bool(chunk)
            for line in self._splitter.split(chunk) if chunk else self._splitter.flush():
                if self.is_stopped:
                    return
                self.line_number = line.number
                self.lines_read += 1
                self.position += len(line.content) + 1
                yield line
        self.is_exhausted = not self.is_stopped

    async def _read(self) -> bytes:
        await self._wait_until_readable()
        return b"" if self.is_stopped else os.read(self._descriptor, _CHUNK_BYTES)

    async def _wait_until_readable(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            loop.add_reader(self._descriptor, self._wake_up.set)
        # epoll refuses regular files (EPERM in epoll_ctl(2)), and a read of these never waits for a
        # writer. Windows' default event loop has no `add_reader`
        # (https://docs.python.org/3/library/asyncio-platforms.html).
        except (OSError, NotImplementedError):
            return
        try:
            await self._wake_up.wait()
        finally:
            loop.remove_reader(self._descriptor)
        if not self.is_stopped:
            self._wake_up.clear()


def _size_of_file(descriptor: int) -> int:
    status = os.fstat(descriptor)
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
