"""The transport over httpx."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from destination_kit._secrets import MASK
from destination_kit.http.host_policy import OutgoingRequest, parse_url
from destination_kit.http.transports.interface import (
    CONNECT_SHARE,
    MAX_RESPONSE_BYTES,
    RESPONSE_TOO_LARGE,
    NoResponseError,
    ProxyConnectionError,
    RawResponse,
)
from destination_kit.network_environment import Proxy, load_certificates, read_proxy

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx

# A proxy that wants credentials, or forbids the host, answers the same until somebody mends it.
_REFUSED_ACCESS: Final = frozenset({403, 407})


class HttpxTransport:
    """A `Transport` over httpx's own transports.

    Without a `transport` it uses the network, and the proxy of the environment if there is one.
    """

    # More than 64 requests in flight are not measured (docs/performance.md).
    max_concurrent = 64

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        # httpx's client logs whole URLs (`_send_single_request` in httpx/_client.py), and a query
        # can name a person. httpx's transports log none.
        certificates = load_certificates() if transport is None else None
        self._proxy = read_proxy() if transport is None else None
        self._direct = _Connections(certificates, transport=transport)
        self._proxied = _Connections(certificates, self._proxy)

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
            if proxy := self._proxy_to(httpx_request.url):
                return await self._send_through(proxy, httpx_request, request)
            request.on_departure()
            return await self._send(httpx_request, self._direct)
        except httpx.TimeoutException as error:
            unsent = isinstance(error, httpx.ConnectTimeout)
            raise NoResponseError(str(error), unsent=unsent, timed_out=True) from None
        except httpx.RequestError as error:
            unsent = isinstance(error, httpx.ConnectError)
            raise NoResponseError(str(error), unsent=unsent) from None

    async def _send_through(
        self, proxy: Proxy, httpx_request: httpx.Request, request: OutgoingRequest
    ) -> RawResponse:
        """Send a request through a proxy. What fails before it leaves has changed nothing."""
        import httpx

        try:
            async with asyncio.timeout(request.timeout * CONNECT_SHARE) as connecting:
                trace = _DepartureTrace(connecting, request.on_departure)
                httpx_request.extensions["trace"] = trace
                return await self._send(httpx_request, self._proxied)
        except Exception as error:
            if trace.has_departed or not trace.has_begun:
                raise
            raise ProxyConnectionError(
                _describe_proxy_error(error),
                proxy=str(proxy),
                timed_out=isinstance(error, TimeoutError | httpx.TimeoutException),
                remedy="settings" if _proxy_status(error) in _REFUSED_ACCESS else None,
            ) from None
        finally:
            if not trace.has_begun:  # pytest-httpx has replaced httpcore, and calls no trace
                request.on_departure()

    async def _send(self, request: httpx.Request, connections: _Connections) -> RawResponse:
        import httpx

        async with connections.acquire() as transport:
            response = await transport.handle_async_request(request)
            try:
                return await _read(response)
            except httpx.RequestError as error:
                timed_out, status = isinstance(error, httpx.TimeoutException), response.status_code
                raise NoResponseError(
                    str(error), unsent=False, timed_out=timed_out, status=status
                ) from None
            finally:
                await response.aclose()

    def _proxy_to(self, url: httpx.URL) -> Proxy | None:
        # Plain http goes to loopback only (`connect_to`), which no proxy can reach.
        if self._proxy is None or url.scheme == "http" or self._proxy.is_bypassed(url.host):
            return None
        return self._proxy


class _DepartureTrace:
    """Trace of httpcore that notes when the request itself leaves, after any CONNECT to a proxy.

    A CONNECT fails with the same exceptions as the request after it, which may have done something.
    """

    def __init__(self, connecting: asyncio.Timeout, on_departure: Callable[[], object]) -> None:
        self._connecting = connecting
        self._on_departure = on_departure
        #: Whether httpcore has done anything for the request.
        self.has_begun = False
        #: Whether a part of the request may have left.
        self.has_departed = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self.has_begun = True
        if event == "http11.send_request_headers.started" and info["request"].method != b"CONNECT":
            self.has_departed = True
            self._on_departure()
            self._connecting.reschedule(None)


class _LogSafe(str):
    """User name or password of a proxy, which no log shows.

    httpcore logs the bytes for a SOCKS proxy (`setup_socks5_connection` in socks_proxy.py).
    """

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return bytes whose repr is masked."""
        return _LogSafeBytes(super().encode(encoding, errors))


class _LogSafeBytes(bytes):
    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)


class _Connections:
    """A pool of httpx transports with one connection each, or one given transport.

    httpx's own pool searches all its connections several times per request, so it slows down with
    the number of requests in flight (docs/performance.md).
    """

    def __init__(
        self,
        certificates: SSLContext | None,
        proxy: Proxy | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._certificates = certificates
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
            self._idle.append(self._open_transport())
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

    def _open_transport(self) -> httpx.AsyncHTTPTransport:
        import httpx

        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        verify = self._certificates or True
        if self._proxy is None:
            return httpx.AsyncHTTPTransport(verify=verify, limits=limits)
        proxy = httpx.Proxy(
            f"{self._proxy.scheme}://{self._proxy.location}",
            auth=self._proxy.auth
            and (_LogSafe(self._proxy.auth[0]), _LogSafe(self._proxy.auth[1])),
            ssl_context=self._certificates if self._proxy.scheme == "https" else None,
        )
        return httpx.AsyncHTTPTransport(verify=verify, limits=limits, proxy=proxy)

    async def aclose(self) -> None:
        for transport in (self._given, *self._all):
            if transport:
                await transport.aclose()


def _describe_proxy_error(error: Exception) -> str:
    """Return what a proxy did wrong, without a word of its own: it could repeat its password."""
    import httpx

    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "no connection in time"
    if isinstance(error, httpx.ConnectError):
        return str(error)
    if status := _proxy_status(error):
        return f"it answered {status} {httpx.codes.get_reason_phrase(status)}".rstrip()
    if isinstance(error, httpx.ProxyError):
        return str(error)  # for SOCKS, httpcore has texts of its own
    if isinstance(error, httpx.RemoteProtocolError):
        return "it closed the connection, or its answer is not HTTP"
    return type(error).__name__


def _proxy_status(error: Exception) -> int | None:
    """Return the status of an HTTP proxy that refuses a tunnel, from httpcore's text of it."""
    import httpx

    status = str(error)[:3]
    return int(status) if isinstance(error, httpx.ProxyError) and status.isdecimal() else None


async def _read(response: httpx.Response) -> RawResponse:
    import httpx

    from destination_kit.http.transports.httpx_connection import close_if_unread

    status, headers = response.status_code, dict(response.headers)
    if response.is_stream_consumed:  # httpx has decoded a body that was given in one piece
        headers.pop("content-encoding", None)
        return RawResponse(status, headers, response.content)
    content = bytearray()
    stream: Any = response.stream
    # `aiter_raw` would close the response at its end, before the look at its connection.
    async for chunk in stream:
        content += chunk
        if len(content) > MAX_RESPONSE_BYTES:
            raise httpx.ReadError(RESPONSE_TOO_LARGE)
    await close_if_unread(response)
    return RawResponse(status, headers, bytes(content))
