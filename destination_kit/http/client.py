"""The outgoing client over httpx."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Unpack
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from destination_kit._redact import shown_url
from destination_kit.errors import HTTPError, TransportError
from destination_kit.http.access import Access, Outgoing, prepare, route
from destination_kit.http.bodies import read
from destination_kit.http.budgets import Flow
from destination_kit.http.stops import Stops, endpoint
from destination_kit.outgoing import Http, RequestOptions, Response
from destination_kit.telemetry import REQUEST, Attributes, Silent, Telemetry

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx

CONNECTIONS = 20
LARGEST_ANSWER = 10_000_000  # bytes; a partner's answers are small, and a bomb is not
_BROKEN = "CONNECTION_FAILED"
_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "user-agent": "destination-kit",
}


def _nothing() -> None:
    return


class Client(Http):
    """An `Http` that keeps to its `Access`. Close it with `aclose`.

    It calls httpx's transports without httpx's client, which would log whole URLs, keep cookies
    and follow redirects. Without a `transport` it uses the network, and the proxy of the
    environment where there is one. `stops` learns from every answer; whoever sends deliveries
    has to ask it.
    """

    def __init__(
        self,
        access: Access,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        flow: Flow | None = None,
        stops: Stops | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._access = access
        self._flow = flow
        self.stops = stops or Stops(endpoint)
        self.telemetry = telemetry or Silent()
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._direct = transport or _network()
        proxy = _proxy() if transport is None else None
        self._proxied = _network(proxy) if proxy else self._direct

    async def aclose(self) -> None:
        """Close every connection."""
        await self._direct.aclose()
        await self._proxied.aclose()

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Check, send, and read one request; see `Http`."""
        return await self.send(prepare(self._access, method, url, options))

    async def send(
        self,
        outgoing: Outgoing,
        departing: Callable[[], object] = _nothing,
        until: float = math.inf,
    ) -> Response:
        """Send what is prepared; `departing` is called when it first leaves, after any wait for a place.

        The wait ends by `until`, on the clock of the budgets. What surely changed nothing is sent
        once more: a call that was refused as one too many, when the partner wants it, and one that
        only reads and whose connection broke.
        """
        try:
            response = await self._try(outgoing, departing, until)
        except TransportError as error:
            if outgoing.writes or error.code != _BROKEN:
                raise
            response = await self._try(outgoing, _nothing, until)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS and self._may_wait(response, until):
            response = await self._try(outgoing, _nothing, until)
        if outgoing.check and not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            raise HTTPError(
                f"{outgoing.method} {shown_url(outgoing.url)} answered {response.status}",
                response.status,
                response.body,
                retry_after=response.retry_after,
                maybe_done=outgoing.writes and _is_lost(response.status),
            )
        return response

    async def _try(
        self, outgoing: Outgoing, departing: Callable[[], object], until: float
    ) -> Response:
        limits = self._flow.limits_of(outgoing.method, outgoing.url) if self._flow else ()
        if self._flow:
            await self._flow.admit(limits, until)
        async with self._slots:
            departing()
            left = self.stops.now()
            with self.telemetry.span(REQUEST, _shown(outgoing)):
                response = await self._exchange(outgoing)
        self.stops.note(outgoing, response.status, left)
        if not (self._flow and limits):
            return response
        if response.status != HTTPStatus.TOO_MANY_REQUESTS:
            self._flow.accepted(limits)
            return response
        return replace(response, retry_after=self._flow.refused(limits, response.retry_after))

    def _may_wait(self, response: Response, until: float) -> bool:
        """Return whether a refused call can be repeated in time by a client with a budget."""
        if self._flow is None or response.retry_after is None:
            return False
        return self._flow.budgets.now() + response.retry_after < until

    def prepare(self, method: str, url: str, options: RequestOptions) -> Outgoing:
        """Return a request that has passed every check; see `send`."""
        return prepare(self._access, method, url, options)

    async def _exchange(self, outgoing: Outgoing) -> Response:
        import httpx

        what = f"{outgoing.method} {shown_url(outgoing.url)}"
        try:
            async with asyncio.timeout(outgoing.timeout):
                return await self._answer(self._request(outgoing))
        except (TimeoutError, httpx.TimeoutException) as error:
            unsent = isinstance(error, httpx.ConnectTimeout)
            message = f"{what} had no answer within {outgoing.timeout:g} s"
            code = "REQUEST_TIMEOUT"
        except httpx.ConnectError as error:
            unsent = True
            message = f"{what} found no connection: {self._access.redact(str(error))}"
            code = _BROKEN
        except httpx.RequestError as error:
            unsent = False
            message = f"{what} got no whole answer: {self._access.redact(str(error))}"
            code = _BROKEN
        raise TransportError(message, code=code, maybe_done=outgoing.writes and not unsent)

    async def _answer(self, request: httpx.Request) -> Response:
        answer = await self._transport(request.url).handle_async_request(request)
        try:
            content = await _content(answer)
        finally:
            await answer.aclose()
        return read(answer.status_code, dict(answer.headers), content, self._access.redact)

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


def _shown(outgoing: Outgoing) -> Attributes:
    """Return what a span tells of a request: neither path nor query, which may name a person."""
    return {"http.request.method": outgoing.method, "server.address": urlsplit(outgoing.url).netloc}


def _is_lost(status: int) -> bool:
    """Return whether a partner that answers this may have done a part, or all, of what was asked."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED


async def _content(answer: httpx.Response) -> bytes:
    import httpx

    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > LARGEST_ANSWER:
            message = f"more than {LARGEST_ANSWER:,} bytes came"
            raise httpx.ReadError(message)
    return bytes(content)


def _network(proxy: str | None = None) -> httpx.AsyncHTTPTransport:
    import httpx

    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    return httpx.AsyncHTTPTransport(verify=_certificates(), limits=limits, proxy=proxy)


@cache
def _certificates() -> SSLContext:
    """Return the certificates that every client trusts; to read them takes 20 ms."""
    import httpx

    return httpx.create_ssl_context()


def _proxy() -> str | None:
    """Return the proxy of the environment, whose scheme may be left out as for curl."""
    proxy = getproxies().get("https")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
