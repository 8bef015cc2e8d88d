"""Listeners: sockets that are bound before anything starts, and the servers behind them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

#: Seconds for which an idle connection stays open: longer than a load balancer's 60, so that it
#: never sends a request into a connection that is being closed.
_KEEP_ALIVE: Final = 75
#: Seconds for requests in flight when the host stops.
_GRACE: Final = 15
_BACKLOG: Final = 2048


class ListenError(Exception):
    """An address that cannot be listened at; the message says which and why."""


def bind(host: str, port: int, name: str) -> socket.socket:
    """Return a listening socket; `name` is the place of its options in the configuration."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family, backlog=_BACKLOG)
    except OSError as error:
        where = f"{host}:{port}"
        raise ListenError(f"cannot listen on {where} ({name}): {error.strerror}") from None


def address(listener: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """A server of uvicorn that leaves the signals to the host, which has two of them."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        #: Set when the server takes requests.
        self.is_ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to take requests."""
        await super().startup(sockets)
        self.is_ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def stop(self) -> None:
        """Take no new request; `serve` returns when those in flight are answered."""
        self.should_exit = True


def create_server(application: ASGIApp) -> Server:
    """Return the server of an application."""
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
    )
    return Server(config)
