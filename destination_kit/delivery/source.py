"""The lines of a file or of a pipe, read as they are wanted and never more than a few at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

MOST_BYTES = 1_000_000  # of one line
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Line:
    """A line, counted from 1. `cut` where it goes on beyond `MOST_BYTES`."""

    number: int
    content: bytes = field(repr=False)
    cut: bool = False


class Splitter:
    """Cuts chunks of bytes into lines that are not blank. `number` is that of the last one."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self.number = 0

    def split(self, chunk: bytes) -> Iterator[Line]:
        """Yield the lines that end in this chunk; the rest waits for the next."""
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            yield from self._end(end)
        self._keep(rest)

    def rest(self) -> Iterator[Line]:
        """Yield the last line where no line break ends it."""
        if self._pending:
            yield from self._end(b"")

    def _end(self, end: bytes) -> Iterator[Line]:
        self._keep(end)
        content = bytes(self._pending)
        self._pending.clear()
        self.number += 1
        if content.strip():
            yield Line(self.number, content[:MOST_BYTES], cut=len(content) > MOST_BYTES)

    def _keep(self, part: bytes) -> None:
        self._pending += part[: MOST_BYTES + 1 - len(self._pending)]


class Source:
    """The lines of an open file, until it ends or `stop` is called.

    `number` is that of the last line that was yielded; `ended` is set by `stop`.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._splitter = Splitter()
        self._awake = asyncio.Event()
        self.ended = asyncio.Event()
        self.number = 0
        self.stopped = False

    def stop(self) -> None:
        """Read no further, even where reading has to wait just now."""
        self.stopped = True
        self.ended.set()
        self._awake.set()

    def put_back(self, line: Line) -> None:
        """Count a line that was yielded as not read, until it is taken again."""
        self.number = line.number - 1

    def take_again(self, line: Line) -> None:
        """Count a line that was put back as read."""
        self.number = line.number

    async def lines(self) -> AsyncIterator[Line]:
        """Yield each line."""
        reading = True
        while reading:
            chunk = await self._read()
            reading = bool(chunk)
            for line in self._splitter.split(chunk) if chunk else self._splitter.rest():
                if self.stopped:
                    return
                self.number = line.number
                yield line

    async def _read(self) -> bytes:
        await self._wait()
        return b"" if self.stopped else os.read(self._descriptor, _CHUNK)

    async def _wait(self) -> None:
        """Wait until reading does not block; a regular file never does."""
        loop = asyncio.get_running_loop()
        try:
            loop.add_reader(self._descriptor, self._awake.set)
        except (OSError, NotImplementedError):
            return
        try:
            await self._awake.wait()
        finally:
            loop.remove_reader(self._descriptor)
        if not self.stopped:
            self._awake.clear()
