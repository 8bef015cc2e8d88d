"""The outgoing client over httpx."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Unpack
from urllib.request import getproxies, proxy_bypass

from destination_kit._redact import shown_url
from destination_kit.definitions import Http, RequestOptions, Response
from destination_kit.errors import HTTPError, TransportError
from destination_kit.http.access import Access, Outgoing, prepare, route
from destination_kit.http.bodies import read

if TYPE_CHECKING:
    import httpx

CONNECTIONS = 20
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "user-agent": "destination-kit",
}


class Client(Http):
    """An `Http` that keeps to its `Access`. Close it with `aclose`.

    It calls httpx's transports without httpx's client, which would log whole URLs, keep cookies
    and follow redirects. Without a `transport` it uses the network, and the proxy of the
    environment where there is one.
    """

    def __init__(
        self, access: Access, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._access = access
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._direct = transport or _network()
        proxy = getproxies().get("https") if transport is None else None
        self._proxied = _network(proxy) if proxy else self._direct

    async def aclose(self) -> None:
        """Close every connection."""
        await self._direct.aclose()
        await self._proxied.aclose()

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Check, send, and read one request; see `Http`."""
        outgoing = prepare(self._access, method, url, options)
        async with self._slots:
            answer = await self._exchange(outgoing)
        response = read(answer, self._access.redact)
        if outgoing.check and not answer.is_success:
            raise HTTPError(
                f"{method} {shown_url(outgoing.url)} answered {response.status}",
                response.status,
                response.body,
                retry_after=response.retry_after,
            )
        return response

    async def _exchange(self, outgoing: Outgoing) -> httpx.Response:
        import httpx

        what = f"{outgoing.method} {shown_url(outgoing.url)}"
        writes = outgoing.method not in _READS
        try:
            async with asyncio.timeout(outgoing.timeout):
                return await self._answer(self._request(outgoing))
        except (TimeoutError, httpx.TimeoutException) as error:
            unsent = isinstance(error, httpx.ConnectTimeout)
            message = f"{what} had no answer within {outgoing.timeout:g} s"
            code = "REQUEST_TIMEOUT"
        except httpx.TransportError as error:
            unsent = isinstance(error, httpx.ConnectError)
            message = f"{what} lost its connection: {self._access.redact(str(error))}"
            code = "CONNECTION_FAILED"
        raise TransportError(message, code=code, maybe_done=writes and not unsent)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport(request.url).handle_async_request(request)
        try:
            await answer.aread()
        finally:
            await answer.aclose()
        return answer

    def _transport(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        if self._proxied is self._direct or url.scheme == "http" or proxy_bypass(url.host):
            return self._direct
        return self._proxied

    def _request(self, outgoing: Outgoing) -> httpx.Request:
        import httpx

        url, host = route(self._access, outgoing.url)
        # A connection that cannot be made is told apart from an answer that never came.
        timeout = httpx.Timeout(outgoing.timeout, connect=outgoing.timeout * 0.9, pool=None)
        return httpx.Request(
            outgoing.method,
            url,
            headers={**_HEADERS, **outgoing.headers, "host": host},
            content=outgoing.content,
            extensions={"timeout": timeout.as_dict()},
        )


def _network(proxy: str | None = None) -> httpx.AsyncHTTPTransport:
    import httpx

    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    return httpx.AsyncHTTPTransport(limits=limits, proxy=proxy)
