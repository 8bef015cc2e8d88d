"""Faults of a partner in the middle of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from urllib.parse import urlsplit

from tests.bench.harness import state


@contextmanager
def once_contacts_exist(url: str, contacts: int, act: Callable[[], None]) -> Iterator[None]:
    """Call a function during the block, as soon as the simulator has this many contacts."""
    is_over = Event()

    def watch() -> None:
        while state(url, "counts")["contacts"] < contacts:
            if is_over.wait(0.05):
                return
        act()

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


@dataclass(slots=True)
class GatedProxy:
    """TCP proxy of a server that can refuse and break all connections."""

    target: str
    loop: asyncio.AbstractEventLoop
    url: str = ""
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    def open(self) -> None:
        """Accept connections, at the same address each time."""
        asyncio.run_coroutine_threadsafe(self._open(), self.loop).result()

    def shut(self) -> None:
        """Refuse new connections, and break the open ones."""
        asyncio.run_coroutine_threadsafe(self._shut(), self.loop).result()

    async def _open(self) -> None:
        port = urlsplit(self.url).port or 0
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _shut(self) -> None:
        if self._server:
            self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = urlsplit(self.target)
        server_reader, server_writer = await asyncio.open_connection(address.hostname, address.port)
        self._writers |= {writer, server_writer}
        await asyncio.gather(_copy(reader, server_writer), _copy(server_reader, writer))
        self._writers -= {writer, server_writer}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while content := await reader.read(65_536):
            writer.write(content)
            await writer.drain()
    writer.close()


@contextmanager
def gated_proxy(target: str) -> Iterator[GatedProxy]:
    """Run a proxy of a server; yield it, open."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    proxy = GatedProxy(target, loop)
    proxy.open()
    try:
        yield proxy
    finally:
        proxy.shut()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
