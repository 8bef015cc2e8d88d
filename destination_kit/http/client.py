"""The outgoing client: budgets, stops and time limits around an exchange of bytes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Unpack
from urllib.parse import urlsplit

from destination_kit._redact import shown_url
from destination_kit.errors import HTTPError, TransportError
from destination_kit.http.circuit_breaker import CircuitBreaker, endpoint
from destination_kit.http.codec import read
from destination_kit.http.policy import Access, Outgoing, prepare, route
from destination_kit.http.throttle import Throttle
from destination_kit.http.transports.httpx import Exchange, NoAnswerError
from destination_kit.http.transports.selection import open_transport
from destination_kit.http_interface import Http, RequestOptions, Response
from destination_kit.telemetry import REQUEST, Attributes, Silent, Telemetry

_BROKEN = "CONNECTION_FAILED"
# Members of an enum are looked up by a function in Python 3.11: not for each answer.
_GOOD = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)
_ONE_TOO_MANY = int(HTTPStatus.TOO_MANY_REQUESTS)
_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "user-agent": "destination-kit",
}


def _nothing() -> None:
    return


class Client(Http):
    """An `Http` that keeps to its `Access`. Close it with `aclose`.

    Without an `exchange` it uses the network, over the library of `choose_transport`. `stops`
    learns from every answer; whoever sends deliveries has to ask it.
    """

    def __init__(
        self,
        access: Access,
        *,
        exchange: Exchange | None = None,
        flow: Throttle | None = None,
        stops: CircuitBreaker | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._access = access
        self._flow = flow
        self.stops = stops or CircuitBreaker(endpoint)
        self.telemetry = telemetry or Silent()
        self.is_silent = isinstance(self.telemetry, Silent)
        self._network = exchange or open_transport()
        self._slots = asyncio.Semaphore(self._network.most)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._network.aclose()

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
        if response.status == _ONE_TOO_MANY and self._may_wait(response, until):
            response = await self._try(outgoing, _nothing, until)
        if outgoing.check and response.status not in _GOOD:
            raise HTTPError(
                f"{outgoing.method} {shown_url(outgoing.url)} answered {response.status}",
                response.status,
                response.body,
                retry_after=response.retry_after,
                outcome_unknown=outgoing.writes and _is_lost(response.status),
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
            exchange = self._exchange if self.is_silent else self._spanned
            response = await exchange(outgoing)
        self.stops.note(outgoing, response.status, left)
        if not (self._flow and limits):
            return response
        if response.status != _ONE_TOO_MANY:
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

    async def _spanned(self, outgoing: Outgoing) -> Response:
        with self.telemetry.span(REQUEST, _shown(outgoing)):
            return await self._exchange(outgoing)

    async def _exchange(self, outgoing: Outgoing) -> Response:
        url, host = route(self._access, outgoing.url)
        headers = {**_HEADERS, **outgoing.headers, "host": host}
        try:
            async with asyncio.timeout(outgoing.timeout):
                answer = await self._network(outgoing, url, headers)
        except TimeoutError:
            raise self._no_answer(outgoing, NoAnswerError("", unsent=False, late=True)) from None
        except NoAnswerError as error:
            raise self._no_answer(outgoing, error) from None
        return read(answer.status, answer.headers, answer.content, self._access.redact)

    def _no_answer(self, outgoing: Outgoing, error: NoAnswerError) -> TransportError:
        what, said = f"{outgoing.method} {shown_url(outgoing.url)}", self._access.redact(str(error))
        if error.late:
            message = f"{what} had no answer within {outgoing.timeout:g} s"
        elif error.unsent:
            message = f"{what} found no connection: {said}"
        else:
            message = f"{what} got no whole answer: {said}"
        code = "REQUEST_TIMEOUT" if error.late else _BROKEN
        return TransportError(
            message, code=code, outcome_unknown=outgoing.writes and not error.unsent
        )


def _shown(outgoing: Outgoing) -> Attributes:
    """Return what a span tells of a request: neither path nor query, which may name a person."""
    return {"http.request.method": outgoing.method, "server.address": urlsplit(outgoing.url).netloc}


def _is_lost(status: int) -> bool:
    """Return whether a partner that answers this may have done a part, or all, of what was asked."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
