"""The simulator as a Starlette application, and servers for it on loopback."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from destinations.qualtrics.simulator.middleware import handle_request
from destinations.qualtrics.simulator.routes import (
    account,
    batches,
    contacts,
    imports,
    lists,
    transactions,
    workflows,
)
from destinations.qualtrics.simulator.routes.control import create_control_routes
from destinations.qualtrics.simulator.seeding import create_world
from destinations.qualtrics.simulator.world import Simulation

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from destinations.qualtrics.simulator.config import Config
    from destinations.qualtrics.simulator.requests import Endpoint

RouteHandler: TypeAlias = "Callable[[Request], Awaitable[ASGIApp]]"

_LOOPBACK: Final = "127.0.0.1"
_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# uvicorn sets its own backlog of 2,048 only when its thread runs, but clients know the URL earlier.
# Python's default of 128 would drop further connections until then.
_BACKLOG: Final = 2048
# With SO_LINGER on and a time of 0, `close` sends RST. Otherwise it would send FIN, which a client
# reports as an early end and not as a reset.
_LINGER_ZERO: Final = struct.pack("ii", 1, 0)
_ENDPOINTS: Final = (
    *account.ENDPOINTS,
    *contacts.ENDPOINTS,
    *transactions.ENDPOINTS,
    *lists.ENDPOINTS,
    *imports.ENDPOINTS,
    *batches.ENDPOINTS,
    *workflows.ENDPOINTS,
)


def app(config: Config, *, clock: Callable[[], float] = time.time) -> Starlette:
    """Return the simulator as an ASGI application with its state; `clock` is in Unix seconds.

    Under a server other than the simulator's own, a fault cannot reset the connection.
    """
    simulation = Simulation(config, create_world(config, clock))
    routes = create_control_routes(simulation)
    for endpoint in _ENDPOINTS:
        for path_template in _get_path_variants(endpoint.path_template):
            handler = _create_route_handler(simulation, endpoint)
            routes.append(Route(path_template, handler, methods=[endpoint.method]))
    unknown_route_handler = _create_route_handler(simulation, None)
    routes.append(Route("/{path:path}", unknown_route_handler, methods=_METHODS))
    application = Starlette(
        routes=routes, exception_handlers={ClientDisconnect: _handle_disconnect}
    )
    # Qualtrics answers an unknown path with 404 (apps/qualtrics/README.md in
    # https://github.com/w6w-io/w6w-apps). Starlette would redirect it to a known path that differs
    # in a final slash.
    application.router.redirect_slashes = False
    return application


def serve(config: Config, *, port: int = 0, ready: Callable[[str], None] | None = None) -> None:
    """Run a server in this thread until Ctrl-C.

    Args:
        config: The configuration.
        port: The port on 127.0.0.1; 0 takes any free one.
        ready: Called with the URL as soon as the server accepts connections.

    Raises:
        OSError: The port is in use or not allowed.

    """
    with _listen(port) as listener:
        if ready:
            ready(_get_url(listener))
        with suppress(KeyboardInterrupt):
            _create_server(config).run(sockets=[listener])


@contextmanager
def background(config: Config, *, port: int = 0) -> Iterator[str]:
    """Run a server in a thread with its own event loop, and yield its URL.

    The server stops when the context ends. Raises `OSError` as `serve` does.
    """
    with _listen(port) as listener:
        server = _create_server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield _get_url(listener)
        finally:
            server.should_exit = True
            thread.join()


@asynccontextmanager
async def running(config: Config, port: int = 0) -> AsyncIterator[str]:
    """Run a server as `background` does, without blocking the caller's event loop."""
    with ExitStack() as stack:
        url = await asyncio.to_thread(stack.enter_context, background(config, port=port))
        try:
            yield url
        finally:
            await asyncio.to_thread(stack.close)


class _Protocol(H11Protocol):
    """HTTP/1.1 protocol that gives the application its transport, so that it can reset it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's base class declares it so
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


async def _reset_connection(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - an ASGI application takes three arguments
    transport = scope["state"]["transport"]
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()
    # uvicorn logs an error if an application returns without a response on an open connection. The
    # middleware has read the body, so `receive` now waits until the connection is closed.
    await receive()


def _handle_disconnect(_: Request, error: Exception) -> Response:
    # The client has gone. Without a response, Starlette would pass the error on, and uvicorn would
    # log its traceback.
    return Response(str(error), status_code=HTTPStatus.BAD_REQUEST)


def _create_route_handler(simulation: Simulation, endpoint: Endpoint | None) -> RouteHandler:
    async def handle(request: Request) -> ASGIApp:
        response = await handle_request(simulation.world, endpoint, request)
        return _reset_connection if response is None else response

    return handle


def _get_path_variants(path_template: str) -> list[str]:
    # Starlette matches paths by case, but callers of Qualtrics use both spellings. elastic.io
    # writes `/API/V3` (https://on-prem.elastic.io/components/qualtrics).
    variants = [path_template, path_template.replace("/API/v3/", "/API/V3/")]
    if path_template == "/API/v3/directories":
        # The reference adds a slash (`listDirectories` in qualtricsApiClient.ts), and would get
        # 404.
        variants += [f"{variant}/" for variant in variants]
    return list(dict.fromkeys(variants))


def _listen(port: int) -> socket.socket:
    listener = socket.create_server((_LOOPBACK, port), backlog=_BACKLOG)
    # uvicorn writes head and body apart. Without this option, the body waits until the client
    # confirms the head (delayed ACK). asyncio sets the option only if `proto` is IPPROTO_TCP, and
    # `create_server` leaves it 0.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _get_url(listener: socket.socket) -> str:
    return f"http://{_LOOPBACK}:{listener.getsockname()[1]}"


def _create_server(config: Config) -> uvicorn.Server:
    settings = uvicorn.Config(
        app(config),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        # Without a limit, the stop would wait for requests with a long configured latency. Others
        # take milliseconds, so one second cuts off none of them.
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(settings)
