"""How the bytes of a request reach a partner and those of its answer come back: over httpx."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol
from urllib.request import proxy_bypass

from destination_kit.http.policy import Outgoing, parsed
from destination_kit.http.transports.selection import environment_proxy

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx

CONNECTIONS: Final = 64
LARGEST_ANSWER: Final = 10_000_000  # bytes; a partner's answers are small, and a bomb is not
CONNECT: Final = 0.9  # of the time for an answer: no connection is told apart from no answer
TOO_LARGE: Final = f"more than {LARGEST_ANSWER:,} bytes came"


class Answer(NamedTuple):
    """What a partner has answered; the names of `headers` are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class NoAnswerError(Exception):
    """No whole answer came. `unsent` says that nothing can have reached the partner."""

    def __init__(self, message: str, *, unsent: bool, late: bool = False) -> None:
        super().__init__(message)
        self.unsent = unsent
        self.late = late


class Exchange(Protocol):
    """Carries requests. `most` is how many at a time it is good at."""

    most: int

    async def __call__(self, outgoing: Outgoing, url: str, headers: Mapping[str, str]) -> Answer:
        """Send a request to a URL with these headers and no others; raise `NoAnswerError`."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


class OverHttpx:
    """Calls httpx's transports without its client, which would log URLs and follow redirects.

    Without a transport it uses the network, and the proxy of the environment where there is one.
    """

    most = CONNECTIONS

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._direct = _Connections(None, transport)
        proxy = environment_proxy() if transport is None else None
        self._proxied = _Connections(proxy) if proxy else self._direct

    async def aclose(self) -> None:
        """Close every connection."""
        await self._direct.aclose()
        await self._proxied.aclose()

    async def __call__(self, outgoing: Outgoing, url: str, headers: Mapping[str, str]) -> Answer:
        """See `Exchange`."""
        import httpx

        timeout = httpx.Timeout(outgoing.timeout, connect=outgoing.timeout * CONNECT, pool=None)
        request = httpx.Request(
            outgoing.method,
            parsed(url),
            headers=headers,
            content=outgoing.content,
            extensions={"timeout": timeout.as_dict()},
        )
        try:
            return await self._answer(request)
        except httpx.TimeoutException as error:
            unsent = isinstance(error, httpx.ConnectTimeout)
            raise NoAnswerError(str(error), unsent=unsent, late=True) from None
        except httpx.RequestError as error:
            unsent = isinstance(error, httpx.ConnectError)
            raise NoAnswerError(str(error), unsent=unsent) from None

    async def _answer(self, request: httpx.Request) -> Answer:
        async with self._connections(request.url).one() as transport:
            answer = await transport.handle_async_request(request)
            try:
                content = await _content(answer)
            finally:
                await answer.aclose()
        return Answer(answer.status_code, dict(answer.headers), content)

    def _connections(self, url: httpx.URL) -> _Connections:
        if self._proxied is self._direct or url.scheme == "http" or proxy_bypass(url.host):
            return self._direct
        return self._proxied


class _Connections:
    """A transport for each connection, as many as are needed, or the one that was given.

    httpx's pools look at every connection several times for each request, so 64 of one connection
    each have three times as many requests a second as one of 20 (docs/performance.md).
    """

    def __init__(
        self, proxy: str | None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._proxy = proxy
        self._given = transport
        self._all: list[httpx.AsyncBaseTransport] = []
        self._idle: list[httpx.AsyncBaseTransport] = []

    @asynccontextmanager
    async def one(self) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """Lend a transport for the time of one request, the one that was used last.

        After a request that did not end well it is not used again: httpx may take a connection
        whose request was cancelled for a busy one, for ever.
        """
        if self._given:
            yield self._given
            return
        if not self._idle:
            self._idle.append(_network(self._proxy))
            self._all.extend(self._idle)
        transport = self._idle.pop()
        try:
            yield transport
        except BaseException:
            self._all.remove(transport)
            await transport.aclose()
            raise
        self._idle.append(transport)

    async def aclose(self) -> None:
        for each in (self._given, *self._all):
            if each:
                await each.aclose()


async def _content(answer: httpx.Response) -> bytes:
    import httpx

    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise httpx.ReadError(TOO_LARGE)
    return bytes(content)


def _network(proxy: str | None = None) -> httpx.AsyncHTTPTransport:
    import httpx

    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    return httpx.AsyncHTTPTransport(verify=certificates(), limits=limits, proxy=proxy)


@cache
def certificates() -> SSLContext:
    """Return the certificates that every client trusts; to read them takes 20 ms."""
    import httpx

    return httpx.create_ssl_context()
