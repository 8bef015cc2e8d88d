"""Pipes of lines between this process and another: standard input and standard output."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeVar

from destination_kit.delivery.lines import MAX_LINE_BYTES, Line

T = TypeVar("T")

# A pipe on Linux holds 65,536 bytes (pipe(7)), so one read can empty it.
_CHUNK_BYTES: Final = 65_536


class _BlockingCalls:
    """A thread that runs blocking calls, one after the other.

    The process can exit while a call blocks: a pool of threads would wait for it, and so for ever
    on a pipe whose other end is silent.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
        Thread(target=self._run, daemon=True).start()

    async def run(self, call: Callable[[], T]) -> T:
        """Return the result of a call, or raise its exception."""
        future: Future[T] = Future()
        self._calls.put((call, future))
        return await asyncio.wrap_future(future)

    def _run(self) -> None:
        while True:
            call, future = self._calls.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - the caller gets every exception
                future.set_exception(error)


class LineReader:
    """Reads lines from a descriptor, until it ends or `stop_event` is set.

    A line ends with a line break and nothing else, so that a broken one costs itself alone. Of one
    that is longer than `MAX_LINE_BYTES` the start is kept. At most one chunk is read ahead.
    """

    def __init__(self, descriptor: int, stop_event: asyncio.Event) -> None:
        self._descriptor = descriptor
        self._stop_event = stop_event
        self._calls = _BlockingCalls()
        #: Why the lines ended before the end of the input; None where they did not.
        self.error: OSError | None = None

    async def lines(self) -> AsyncIterator[Line]:
        """Yield every line that is not blank; a last one without a line break counts too."""
        number, start, is_truncated = 0, b"", False
        while chunk := await self._read():
            first, *rest = chunk.split(b"\n")
            contents = [start + first, *rest]
            for content in contents[:-1]:
                number += 1
                if content.strip():
                    yield _line(number, content, is_truncated=is_truncated)
                is_truncated = False
            start = contents[-1]
            if len(start) > MAX_LINE_BYTES:
                start, is_truncated = start[:MAX_LINE_BYTES], True
        if start.strip() and not self._stop_event.is_set():
            yield _line(number + 1, start, is_truncated=is_truncated)

    async def _read(self) -> bytes:
        """Return the next chunk, empty at the end."""
        read = asyncio.ensure_future(
            self._calls.run(lambda: os.read(self._descriptor, _CHUNK_BYTES))
        )
        stop = asyncio.ensure_future(self._stop_event.wait())
        try:
            await asyncio.wait({read, stop}, return_when=asyncio.FIRST_COMPLETED)
            return b"" if self._stop_event.is_set() else read.result()
        except OSError as error:
            self.error = error
            return b""
        finally:
            read.cancel()
            stop.cancel()


class LineWriter:
    """Writes lines to a descriptor; the event loop stays free while the pipe is full."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._calls = _BlockingCalls()

    async def write(self, line: bytes) -> None:
        """Return when the line is written; raise `OSError` where it cannot be."""
        await self._calls.run(lambda: _write_whole(self._descriptor, line))


def _line(number: int, content: bytes, *, is_truncated: bool) -> Line:
    is_longer = is_truncated or len(content) > MAX_LINE_BYTES
    return Line(number, content[:MAX_LINE_BYTES], is_truncated=is_longer)


def _write_whole(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
