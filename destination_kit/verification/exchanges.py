"""Exchanges with the partner: a transport that counts them, keeps them, and ends at a limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from destination_kit.http.codec import decode_response
from destination_kit.request_bodies import find_content_type
from destination_kit.verification.records import Exchange, UnsettledError

if TYPE_CHECKING:
    from destination_kit._redact import Redact
    from destination_kit.http import OutgoingRequest
    from destination_kit.http.transports.interface import RawResponse, Transport


class CallLimitError(UnsettledError):
    """The run has used up its calls."""


class ObservingTransport:
    """A `Transport` that keeps each exchange of the one below it.

    Retries of the HTTP client pass through it too, so a 429 is seen although the client waits and
    repeats the request.
    """

    def __init__(self, transport: Transport, redact: Redact) -> None:
        self._transport = transport
        self._redact = redact
        #: (calls so far) -> how many more may be made.
        self.calls_left: Callable[[int], int] = lambda _: 1
        self.max_concurrent = transport.max_concurrent
        self.exchanges: list[Exchange] = []
        #: Requests that were handed to the transport below.
        self.calls = 0
        #: Requests that may have left in part.
        self.departures = 0

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def __call__(
        self, request: OutgoingRequest, url: str, headers: Mapping[str, str]
    ) -> RawResponse:
        """Send a request; see `Transport`. Raises `CallLimitError` where no call is left."""
        if self.calls_left(self.calls) <= 0:
            raise CallLimitError("the limit of calls is reached; see --max-calls")
        self.calls += 1
        depart = request.on_departure

        def count_departure() -> None:
            self.departures += 1
            depart()

        request.on_departure = count_departure
        raw = await self._transport(request, url, headers)
        response = decode_response(raw.status, raw.headers, raw.content, self._redact)
        exchange = Exchange(
            method=request.method,
            url=self._redact(request.url),
            content=self._mask(request.content),
            response=response,
            content_type=find_content_type(request.headers),
        )
        self.exchanges.append(exchange)
        return raw

    def _mask(self, content: bytes | None) -> bytes | None:
        # A form of a token endpoint holds a secret. Bytes that are no text stay as they are.
        try:
            return self._redact(content.decode()).encode() if content else content
        except UnicodeDecodeError:
            return content
