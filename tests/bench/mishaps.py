"""What happens to a partner in the middle of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from urllib.parse import urlsplit

from tests.bench.harness import state


@contextmanager
def amid(url: str, contacts: int, act: Callable[[], None]) -> Iterator[None]:
    """Let something happen once so many contacts are there."""
    over = Event()

    def watch() -> None:
        while state(url, "counts")["contacts"] < contacts:
            if over.wait(0.05):
                return
        act()

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


@dataclass(slots=True)
class Door:
    """A way to a server that can be shut: whoever is inside is thrown out, and nobody gets in."""

    to: str
    loop: asyncio.AbstractEventLoop
    url: str = ""
    _inside: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    def open(self) -> None:
        """Let connections in, at the same address each time."""
        asyncio.run_coroutine_threadsafe(self._open(), self.loop).result()

    def shut(self) -> None:
        """Refuse connections, and break those that are there."""
        asyncio.run_coroutine_threadsafe(self._shut(), self.loop).result()

    async def _open(self) -> None:
        port = urlsplit(self.url).port or 0
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _shut(self) -> None:
        if self._server:
            self._server.close()
        for each in tuple(self._inside):
            each.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = urlsplit(self.to)
        there, onward = await asyncio.open_connection(address.hostname, address.port)
        self._inside |= {writer, onward}
        await asyncio.gather(_pour(reader, onward), _pour(there, writer))
        self._inside -= {writer, onward}


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while content := await reader.read(65_536):
            writer.write(content)
            await writer.drain()
    writer.close()


@contextmanager
def door(to: str) -> Iterator[Door]:
    """Give an open door to a server."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    entrance = Door(to, loop)
    entrance.open()
    try:
        yield entrance
    finally:
        entrance.shut()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
