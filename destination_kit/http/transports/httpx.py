"""The transport over httpx."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.request import proxy_bypass

from destination_kit.http.host_policy import OutgoingRequest, parse_url
from destination_kit.http.transports.interface import (
    CONNECT_SHARE,
    MAX_RESPONSE_BYTES,
    RESPONSE_TOO_LARGE,
    NoResponseError,
    RawResponse,
    environment_proxy,
    load_certificates,
)

if TYPE_CHECKING:
    import httpx


class HttpxTransport:
    """A `Transport` over httpx's own transports.

    Without a `transport` it uses the network, and the proxy of the environment if there is one.
    """

    # More than 64 requests in flight are not measured (docs/performance.md).
    max_concurrent = 64

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        # httpx's client logs whole URLs (`_send_single_request` in httpx/_client.py), and a query
        # can name a person. httpx's transports log none.
        self._direct = _Connections(None, transport)
        proxy = environment_proxy() if transport is None else None
        self._proxied = _Connections(proxy) if proxy else self._direct

    async def aclose(self) -> None:
        """Close every connection."""
        await self._direct.aclose()
        await self._proxied.aclose()

    async def __call__(
        self, request: OutgoingRequest, url: str, headers: Mapping[str, str]
    ) -> RawResponse:
        """Send a request; see `Transport`."""
        import httpx

        timeout = httpx.Timeout(request.timeout, connect=request.timeout * CONNECT_SHARE, pool=None)
        httpx_request = httpx.Request(
            request.method,
            parse_url(url),
            headers=headers,
            content=request.content,
            extensions={"timeout": timeout.as_dict()},
        )
        try:
            return await self._send(httpx_request)
        except httpx.TimeoutException as error:
            unsent = isinstance(error, httpx.ConnectTimeout)
            raise NoResponseError(str(error), unsent=unsent, timed_out=True) from None
        except httpx.RequestError as error:
            unsent = isinstance(error, httpx.ConnectError)
            raise NoResponseError(str(error), unsent=unsent) from None

    async def _send(self, request: httpx.Request) -> RawResponse:
        async with self._connections_to(request.url).acquire() as transport:
            response = await transport.handle_async_request(request)
            try:
                content = await _read_content(response)
            finally:
                await response.aclose()
        return RawResponse(response.status_code, dict(response.headers), content)

    def _connections_to(self, url: httpx.URL) -> _Connections:
        # Plain http goes to loopback only (`connect_to`), which no proxy can reach.
        if self._proxied is self._direct or url.scheme == "http" or proxy_bypass(url.host):
            return self._direct
        return self._proxied


class _Connections:
    """A pool of httpx transports with one connection each, or one given transport.

    httpx's own pool searches all its connections several times per request, so it slows down with
    the number of requests in flight (docs/performance.md).
    """

    def __init__(
        self, proxy: str | None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._proxy = proxy
        self._given = transport
        self._all: list[httpx.AsyncBaseTransport] = []
        self._idle: list[httpx.AsyncBaseTransport] = []

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """Lend a transport for one request: the most recently used one, or a new one."""
        if self._given:
            yield self._given
            return
        if not self._idle:
            self._idle.append(_network_transport(self._proxy))
            self._all.extend(self._idle)
        transport = self._idle.pop()
        try:
            yield transport
        except BaseException:
            # httpcore 1.0.9 can count the connection of a cancelled request as busy for ever
            # (https://github.com/encode/httpcore/issues/1093). So the transport is closed.
            self._all.remove(transport)
            await transport.aclose()
            raise
        self._idle.append(transport)

    async def aclose(self) -> None:
        for transport in (self._given, *self._all):
            if transport:
                await transport.aclose()


async def _read_content(response: httpx.Response) -> bytes:
    import httpx

    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_RESPONSE_BYTES:
            raise httpx.ReadError(RESPONSE_TOO_LARGE)
    return bytes(content)


def _network_transport(proxy: str | None = None) -> httpx.AsyncHTTPTransport:
    import httpx

    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    return httpx.AsyncHTTPTransport(verify=load_certificates(), limits=limits, proxy=proxy)
