"""HTTP client of an open instance: rate limits, circuit breaker and time limits around a transport."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Final, Protocol, Unpack
from urllib.parse import urljoin, urlsplit

from destination_kit._redact import mask_url
from destination_kit.errors import HTTPError, TransportError
from destination_kit.http.circuit_breaker import CircuitBreaker
from destination_kit.http.codec import decode_response
from destination_kit.http.content_coding import decode_content
from destination_kit.http.host_policy import (
    OutgoingRequest,
    RequestPolicy,
    connection_target,
    prepare_request,
)
from destination_kit.http.throttle import Throttle
from destination_kit.http.transports.interface import (
    NoResponseError,
    ProxyConnectionError,
    Transport,
)
from destination_kit.http.transports.selection import open_transport
from destination_kit.http_interface import Http, RequestOptions, Response
from destination_kit.limits import RateLimit
from destination_kit.request_extensions import Extend, Extension
from destination_kit.telemetry import REQUEST, Attributes, Telemetry
from destination_kit.token_refresh import TokenRefresher

_CONNECTION_FAILED: Final = "CONNECTION_FAILED"
_SUCCESSFUL: Final = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)
_REDIRECTS: Final = range(HTTPStatus.MULTIPLE_CHOICES, HTTPStatus.BAD_REQUEST)
# A name has up to 253 characters (RFC 1035, section 2.3.4), but a header holds any text.
_MAX_HOST: Final = 270
_UNAUTHORIZED: Final = int(HTTPStatus.UNAUTHORIZED)
_TOO_MANY_REQUESTS: Final = int(HTTPStatus.TOO_MANY_REQUESTS)
_HEADERS: Final = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "user-agent": "destination-kit",
}


class Delivery(Protocol):
    """The delivery that a request belongs to."""

    def check_open(self, request: OutgoingRequest) -> None:
        """Raise `DeliveryError` where the delivery is over, so that nothing may leave."""
        ...

    def mark_departed(self, request: OutgoingRequest) -> None:
        """Record that the request leaves now; raise `DeliveryError` as `check_open` does."""
        ...


class Client(Http):
    """An `Http` that keeps its `RequestPolicy`. Close it with `aclose`.

    Without a `transport` it uses the network, over the library of `choose_transport`.
    """

    def __init__(
        self,
        policy: RequestPolicy,
        *,
        transport: Transport | None = None,
        throttle: Throttle | None = None,
        breaker: CircuitBreaker | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._policy = policy
        self._throttle = throttle
        self._breaker = breaker or CircuitBreaker()
        self._telemetry = telemetry
        self._transport = transport or open_transport()
        self._refresher: TokenRefresher | None = None
        self._slots = asyncio.Semaphore(self._transport.max_concurrent)

    def for_refresh(self) -> Client:
        """Return a client over the same connections that adds no credentials, and masks nothing.

        The response to a refresh holds tokens, one of which may be known already.
        """
        policy = replace(self._policy, headers={}, params={}, extend=None, redact=_show_all)
        return Client(policy, transport=self._transport, telemetry=self._telemetry)

    def refresh_with(self, refresher: TokenRefresher) -> None:
        """Refresh the credentials after each 401, and before they expire."""
        self._refresher = refresher

    def replace_credentials(self, extension: Extension, extend: Extend | None) -> None:
        """Send these credentials with each further request."""
        self._policy = replace(
            self._policy, headers=extension.headers, params=extension.params, extend=extend
        )

    async def aclose(self) -> None:
        """Close every connection, after a refresh that is under way."""
        if self._refresher:
            await self._refresher.aclose()
        await self._transport.aclose()

    def available_requests(self) -> dict[str, int]:
        """Return rate limit -> how many requests may leave at once; without limits nothing."""
        return self._throttle.budgets.available(self._throttle.account) if self._throttle else {}

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Check, send, and read one request; see `Http`."""
        return await self.send(self.prepare(method, url, options))

    def prepare(
        self, method: str, url: str, options: RequestOptions, payload: object = None
    ) -> OutgoingRequest:
        """Return a request, of one payload perhaps, that has passed every check.

        See `prepare_request`.
        """
        policy = self._policy.for_payload(payload) if self._policy.extend else self._policy
        request = prepare_request(policy, method, url, options)
        if self._refresher:
            request.renew = partial(self.prepare, method, url, options, payload)
            request.generation = self._refresher.generation
        return request

    def endpoint_of(self, request: OutgoingRequest) -> str:
        """Return the key of what a 403 closes for this request."""
        return self._breaker.endpoint_of(request)

    async def send(
        self,
        request: OutgoingRequest,
        delivery: Delivery | None = None,
        until: float = math.inf,
    ) -> Response:
        """Send a prepared request, after any wait for a rate limit, and return its response.

        The wait ends at `until`, in seconds on the clock of the budgets. The request of a
        `delivery` obeys the circuit breaker. One without is an operator's own, such as a test of
        the credentials, and is always sent: its response can close the circuit.

        A request that surely changed nothing is sent once more: after a 429 whose Retry-After
        ends before `until`, and after a broken connection where it only reads.
        """
        if delivery:
            self._breaker.check(request)
        if self._refresher is None or request.renew is None:
            response = await self._send(request, delivery, until)
        else:
            request, response = await self._send_refreshed(
                self._refresher, request, delivery, until
            )
        if request.check and response.status not in _SUCCESSFUL:
            raise _http_error(_show(request), request, response)
        return response

    async def _send_refreshed(
        self,
        refresher: TokenRefresher,
        request: OutgoingRequest,
        delivery: Delivery | None,
        until: float,
    ) -> tuple[OutgoingRequest, Response]:
        """Send a request, and once more after a 401, with the token of a refresh."""
        await refresher.prepare()
        if delivery:
            refresher.check()
        for is_repeated in (False, True):
            if request.generation != refresher.generation and request.renew:
                recorder, request = request.recorder, request.renew()
                request.recorder = recorder
            response = await self._send(request, delivery, until)
            if response.status != _UNAUTHORIZED:
                if response.status in _SUCCESSFUL:
                    refresher.accept()
                break
            if is_repeated:
                await refresher.reject(request.generation)
            else:
                await refresher.refresh(request.generation)
        return request, response

    async def _send(
        self, request: OutgoingRequest, delivery: Delivery | None, until: float
    ) -> Response:
        try:
            response = await self._try(request, delivery, until)
        except TransportError as error:
            if request.writes or error.code != _CONNECTION_FAILED:
                raise
            response = await self._try(request, None, until)
        if response.status == _TOO_MANY_REQUESTS and self._can_wait(response, until):
            response = await self._try(request, None, until)
        return response

    async def _try(
        self, request: OutgoingRequest, delivery: Delivery | None, until: float
    ) -> Response:
        limits = self._throttle.limits_of(request.method, request.url) if self._throttle else ()
        await self._take_slot(limits, until)
        try:
            if delivery:
                # `check_open` comes first, because a request that never leaves must not become the
                # probe. The transport calls `mark_departed`, because a request that a proxy does
                # not let through writes nothing.
                delivery.check_open(request)
                self._breaker.check(request, departing=True)
                request.on_departure = partial(delivery.mark_departed, request)
            departed_at = self._breaker.now()
            left_at = self._throttle.budgets.now() if self._throttle else departed_at
            if self._telemetry is None:
                response = await self._transfer(request)
            else:
                with self._telemetry.span(REQUEST, _span_attributes(request)):
                    response = await self._transfer(request)
        finally:
            self._slots.release()
        # A token that can be refreshed opens no circuit: the refresher spaces the requests.
        if request.renew is None or response.status != _UNAUTHORIZED:
            self._breaker.record(request, response.status, departed_at)
        if not (self._throttle and limits):
            return response
        if response.status != _TOO_MANY_REQUESTS:
            self._throttle.record_acceptance(limits, left_at)
            return response
        retry_after = self._throttle.record_refusal(limits, response.retry_after, left_at)
        return replace(response, retry_after=retry_after)

    async def _take_slot(self, limits: Sequence[RateLimit], until: float) -> None:
        """Wait for the rate limits, then for one of the concurrent requests to end."""
        while self._throttle:
            await self._throttle.admit(limits, until, self)
            had_to_wait = self._slots.locked()
            await self._slots.acquire()
            if not (had_to_wait and limits and self._throttle.is_paused(limits)):
                return
            # A 429 paused the limit while the request waited for its slot. To leave all the same
            # would earn another 429.
            self._slots.release()
        await self._slots.acquire()

    def _can_wait(self, response: Response, until: float) -> bool:
        if self._throttle is None or response.retry_after is None:
            return False
        return self._throttle.budgets.now() + response.retry_after < until

    async def _transfer(self, request: OutgoingRequest) -> Response:
        if request.recorder is None:
            return await self._exchange(request)
        return await request.recorder.observe(self._exchange(request))

    async def _exchange(self, request: OutgoingRequest) -> Response:
        url, host = connection_target(self._policy, request.url)
        headers = {**_HEADERS, **request.headers, "host": host}
        try:
            async with asyncio.timeout(request.timeout):
                response = await self._transport(request, url, headers)
            status, received, content = response
            if "content-encoding" in received:
                content = decode_content(response, headers)
        except TimeoutError:
            no_response = NoResponseError("", unsent=False, timed_out=True)
            raise _transport_error(request, no_response) from None
        except NoResponseError as error:
            raise _transport_error(request, error) from None
        return decode_response(status, received, content, request.redact)


def _transport_error(request: OutgoingRequest, error: NoResponseError) -> TransportError:
    shown, reason = _show(request), request.redact(str(error))
    if isinstance(error, ProxyConnectionError):
        message = f"{shown} could not connect through {error.proxy}: {reason}"
    elif error.timed_out:
        message = f"{shown} got no response within {request.timeout:g} s"
    elif error.unsent:
        message = f"{shown} could not connect: {reason}"
    else:
        message = f"{shown} got no complete response: {reason}"
    code = "REQUEST_TIMEOUT" if error.timed_out else _CONNECTION_FAILED
    outcome_unknown = request.writes and not error.unsent
    return TransportError(
        message,
        code=code,
        outcome_unknown=outcome_unknown,
        received_status=error.status,
        remedy=error.remedy,
    )


def _show(request: OutgoingRequest) -> str:
    """Return method and URL for a message; the path of a setting's URL can be a secret."""
    return f"{request.method} {request.redact(mask_url(request.url))}"


def _show_all(text: str) -> str:
    return text


def _http_error(shown: str, request: OutgoingRequest, response: Response) -> HTTPError:
    status = response.status
    # After a server error a write may be done in part. With 501 the partner does not support the
    # request (RFC 9110, section 15.6.2), so nothing is done.
    may_be_done = (
        status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
    )
    return HTTPError(
        f"{shown} answered {status}{_describe_redirect(request, response)}",
        status,
        response.body,
        retry_after=response.retry_after,
        outcome_unknown=request.writes and may_be_done,
    )


def _describe_redirect(request: OutgoingRequest, response: Response) -> str:
    """Return where a redirect leads, by its host alone: the rest of a URL can be a secret."""
    location = response.headers.get("location")
    if response.status not in _REDIRECTS or not location:
        return ""
    try:
        target = urlsplit(urljoin(request.url, location))
        port = f":{target.port}" if target.port else ""
    except ValueError:
        return ", a redirect that is not followed"
    host = f"{target.scheme}://{target.hostname or ''}{port}"
    return f", a redirect to {host[:_MAX_HOST]} that is not followed"


def _span_attributes(request: OutgoingRequest) -> Attributes:
    # A path or a query can name a person, and a span is often exported to another company. So the
    # span gets the host only.
    return {"http.request.method": request.method, "server.address": urlsplit(request.url).netloc}
