"""The simulator as a Starlette application, and ways to run it on loopback."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from destinations.qualtrics.simulator.middleware import answer
from destinations.qualtrics.simulator.routes import (
    account,
    contacts,
    lists,
    transactions,
    workflows,
)
from destinations.qualtrics.simulator.routes.control import Simulation, control_routes
from destinations.qualtrics.simulator.seeding import create_world

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from destinations.qualtrics.simulator.config import Config
    from destinations.qualtrics.simulator.requests import Endpoint

Responder: TypeAlias = "Callable[[Request], Awaitable[ASGIApp]]"

LOOPBACK = "127.0.0.1"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
LINGER_NOT = struct.pack("ii", 1, 0)
ENDPOINTS = (
    *account.ENDPOINTS,
    *contacts.ENDPOINTS,
    *transactions.ENDPOINTS,
    *lists.ENDPOINTS,
    *workflows.ENDPOINTS,
)


def app(config: Config, *, clock: Callable[[], float] = time.time) -> Starlette:
    """Return the simulator as an ASGI application; `clock` gives seconds since 1970."""
    simulation = Simulation(config, create_world(config, clock))
    routes = control_routes(simulation)
    for endpoint in ENDPOINTS:
        for template in _spellings(endpoint.template):
            call = _responder(simulation, endpoint)
            routes.append(Route(template, call, methods=[endpoint.method]))
    routes.append(Route("/{path:path}", _responder(simulation, None), methods=METHODS))
    starlette = Starlette(routes=routes, exception_handlers={ClientDisconnect: _gone})
    starlette.router.redirect_slashes = False
    return starlette


def serve(config: Config, *, port: int = 0, ready: Callable[[str], None] | None = None) -> None:
    """Run until Ctrl-C; `ready` gets the address as soon as calls are taken (port 0: any free)."""
    with _listen(port) as listener:
        if ready:
            ready(_address(listener))
        with suppress(KeyboardInterrupt):
            _server(config).run(sockets=[listener])


@contextmanager
def background(config: Config, *, port: int = 0) -> Iterator[str]:
    """Run beside the caller, in a thread with an event loop of its own; yield the address."""
    with _listen(port) as listener:
        server = _server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield _address(listener)
        finally:
            server.should_exit = True
            thread.join()


@asynccontextmanager
async def running(config: Config, port: int = 0) -> AsyncIterator[str]:
    """Run beside the caller as `background` does, without holding up the caller's event loop."""
    with ExitStack() as stack:
        url = await asyncio.to_thread(stack.enter_context, background(config, port=port))
        try:
            yield url
        finally:
            await asyncio.to_thread(stack.close)


class _Protocol(H11Protocol):
    """HTTP/1.1 that lets the application reach its connection, to break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


async def _reset(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's shape
    transport = scope["state"]["transport"]
    # Without lingering, closing sends RST: the client sees a reset, not an end of file.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    transport.abort()
    await receive()  # the body is read already, so this is the disconnect


def _gone(_: Request, error: Exception) -> Response:
    """Answer a client that went away before its request was whole; nobody will read it."""
    return Response(str(error), status_code=HTTPStatus.BAD_REQUEST)


def _responder(simulation: Simulation, endpoint: Endpoint | None) -> Responder:
    async def respond(request: Request) -> ASGIApp:
        wire = await answer(simulation.world, endpoint, request)
        if wire is None:
            return _reset
        headers = {**wire.headers, "content-type": wire.kind}
        return Response(wire.content, wire.status, headers)

    return respond


def _spellings(template: str) -> list[str]:
    found = [template, template.replace("/API/v3/", "/API/V3/")]
    if template == "/API/v3/directories":
        found += [f"{each}/" for each in found]
    return list(dict.fromkeys(found))


def _listen(port: int) -> socket.socket:
    listener = socket.create_server((LOOPBACK, port), backlog=2048)
    # Head and body go out as two writes: without this each answer waits for a delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(listener: socket.socket) -> str:
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def _server(config: Config) -> uvicorn.Server:
    settings = uvicorn.Config(
        app(config),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(settings)
