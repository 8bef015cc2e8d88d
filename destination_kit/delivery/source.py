"""Line source: the events of files and pipes as lines, read in small chunks."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from destination_kit.delivery.splitter import EventSplitter
from destination_kit.delivery.text_decoder import SourceError, TextDecoder, check_start

if TYPE_CHECKING:
    from destination_kit.delivery.lines import Line

Input: TypeAlias = "int | str | Path"
"""An open file descriptor, or the path of a file."""

# A pipe on Linux holds 65,536 bytes (pipe(7)), so one read can empty it.
_CHUNK_BYTES = 65_536


class LineSource:
    """Reads events from files and pipes, one after the other, until they end or `stop` is called.

    An input holds JSON lines, JSON arrays, objects over several lines or envelopes of Segment's
    HTTP API, all of them also compressed with gzip. An input is a path, which the source opens when
    its turn comes, or a descriptor, which the caller opens and closes.

    The event loop stays free while a pipe is silent. Create the source and iterate it once, in
    one event loop.
    """

    def __init__(self, *inputs: Input) -> None:
        self._inputs = inputs
        self._wake_up = asyncio.Event()
        #: The number of the last line that was read, and not taken back with `unread`.
        self.line_number = 0
        #: How many lines were read, and not taken back; blank ones do not count.
        self.lines_read = 0
        #: Bytes of the files that the lines so far stand for, of the `size` of all files. The size is
        #: 0 where one of them is a pipe.
        self.position = 0
        self.size = _total_size(inputs)
        #: Whether the last line was read.
        self.is_exhausted = False
        #: Whether `stop` was called.
        self.is_stopped = False
        #: Set by `stop`, for tasks that wait.
        self.stop_event = asyncio.Event()

    def check(self) -> None:
        """Raise `SourceError` for a file that cannot be read, or whose first bytes are no text.

        It takes nothing from pipes, so it says nothing about them.
        """
        for source in self._inputs:
            if isinstance(source, int) or not Path(source).is_fifo():
                _check_input(source)

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
        """Yield every line that is not blank, in order.

        Raises `SourceError` where an input cannot be read any further. Every line before that place
        was yielded.
        """
        number, start, has_names = 0, 0, len(self._inputs) > 1
        for source in self._inputs:
            decoder = TextDecoder()
            splitter = EventSplitter(_name(source) if has_names else None, number)
            with _open(source) as descriptor:
                async for text in self._texts(descriptor, _name(source), decoder, splitter):
                    for line in splitter.split(text):
                        if self.is_stopped:
                            return
                        self.line_number = line.number
                        self.lines_read += 1
                        self.position = start + round(decoder.position * splitter.share_taken)
                        yield line
            number = splitter.number
            self.position = start = start + decoder.position
        self.is_exhausted = not self.is_stopped

    async def _texts(
        self, descriptor: int, name: str, decoder: TextDecoder, splitter: EventSplitter
    ) -> AsyncIterator[str | None]:
        """Yield the text of an input in pieces, and None at its end."""
        has_more = True
        while has_more:
            try:
                chunk = await self._read(descriptor)
                if self.is_stopped:
                    return
                has_more = bool(chunk)
                for text in decoder.decode(chunk) if chunk else decoder.flush():
                    yield text
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise _explain(name, splitter, f"cannot be read: {reason}") from None
            except SourceError as error:
                raise _explain(name, splitter, str(error)) from None
        yield None
        if problem := splitter.unclosed:
            raise _explain(name, splitter, problem)

    async def _read(self, descriptor: int) -> bytes:
        await self._wait_until_readable(descriptor)
        return b"" if self.is_stopped else os.read(descriptor, _CHUNK_BYTES)

    async def _wait_until_readable(self, descriptor: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            loop.add_reader(descriptor, self._wake_up.set)
        # epoll refuses regular files (EPERM in epoll_ctl(2)), and a read of these never waits for a
        # writer. Windows' default event loop has no `add_reader`
        # (https://docs.python.org/3/library/asyncio-platforms.html).
        except (OSError, NotImplementedError):
            return
        try:
            await self._wake_up.wait()
        finally:
            loop.remove_reader(descriptor)
        if not self.is_stopped:
            self._wake_up.clear()


def _total_size(inputs: Sequence[Input]) -> int:
    total = 0
    for source in inputs:
        try:
            status = os.fstat(source) if isinstance(source, int) else Path(source).stat()
        except (OSError, ValueError):
            return 0
        if not stat.S_ISREG(status.st_mode):
            return 0
        total += status.st_size
    return total


def _name(source: Input) -> str:
    if isinstance(source, int):
        return "standard input" if source == 0 else "the input"
    return str(source)


def _explain(name: str, splitter: EventSplitter, problem: str) -> SourceError:
    after = f" (read up to line {splitter.line})" if splitter.number else ""
    return SourceError(f"{name} {problem}{after}")


@contextmanager
def _open(source: Input) -> Iterator[int]:
    if isinstance(source, int):
        yield source
        return
    try:
        file = Path(source).open("rb", buffering=0)  # noqa: SIM115 - an error inside `with` would also be that of a read
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"cannot read {source}: {reason}") from None
    with file:
        yield file.fileno()


def _check_input(source: Input) -> None:
    with _open(source) as descriptor:
        try:
            start = os.pread(descriptor, _CHUNK_BYTES, os.lseek(descriptor, 0, os.SEEK_CUR))
        except IsADirectoryError as error:
            raise SourceError(f"cannot read {source}: {error.strerror}") from None
        except OSError:
            # A pipe or a terminal has no positions (ESPIPE). A plain read would take its bytes from
            # the run.
            return
    try:
        check_start(start)
    except SourceError as error:
        raise SourceError(f"{_name(source)} {error}") from None
