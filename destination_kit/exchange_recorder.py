"""Recorder of exchanges: the requests of a delivery and their responses, with secrets masked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from destination_kit._json import as_object
from destination_kit._redact import Redact, compile_redactor, mask_url
from destination_kit.errors import DeliveryError
from destination_kit.exchanges import Exchange

if TYPE_CHECKING:
    from destination_kit.http_interface import Response
    from destination_kit.results import SubscriptionResult

#: Characters of a body that are kept.
MAX_BODY: Final = 1_000
#: Exchanges of a delivery that are kept, the last ones: a list of the partner may have many pages.
MOST_EXCHANGES: Final = 100
# A secret that is cut in two is not found, so that more is searched than is kept.
_MAX_SEARCHED: Final = 20 * MAX_BODY
_MAX_REQUEST_ID: Final = 200
# No standard names this header. These are the names that APIs use.
_ID_HEADERS: Final = ("x-request-id", "request-id", "x-requestid", "x-correlation-id", "x-trace-id")
_ID_MEMBERS: Final = ("requestId", "request_id")


class RecordedRequest(Protocol):
    """What a recorder needs to know of a request."""

    method: str
    url: str

    @property
    def redact(self) -> Redact:
        """Masks the secrets of the request in a text."""
        ...


class RecordingClient(Protocol):
    """The HTTP client of one delivery."""

    #: Where its exchanges go; None where they are not recorded.
    exchanges: list[Exchange] | None


class ExchangeRecorder:
    """Records one request of a delivery, and its repetitions, for everyone that it is for."""

    def __init__(
        self,
        request: RecordedRequest,
        records: Sequence[list[Exchange]],
        secrets: Iterable[str],
        endpoint: str,
    ) -> None:
        self._mask, mask_payloads = request.redact, compile_redactor(secrets)
        self._redact: Redact = lambda text: mask_payloads(self._mask(text))
        self._records = records
        self._base = Exchange(
            method=request.method,
            url=self._redact(mask_url(request.url).partition("?")[0]),
            endpoint=_show_endpoint(endpoint, self._redact),
        )
        self._has_left = False

    async def observe(self, transfer: Awaitable[Response]) -> Response:
        """Return the response to the request, and record it, or why none came."""
        self._has_left = True
        started = monotonic()
        try:
            response = await transfer
        except BaseException as error:
            self._add(replace(self._base, error=_code_of(error), seconds=monotonic() - started))
            raise
        exchange = replace(
            self._base,
            status=response.status,
            request_id=self._redact(_find_request_id(response))[:_MAX_REQUEST_ID],
            body=self._redact(_render(response.body)[:_MAX_SEARCHED])[:MAX_BODY],
            seconds=monotonic() - started,
        )
        self._add(exchange)
        return response

    def record_held_back(self, error: DeliveryError) -> None:
        """Record a request that was not allowed to leave."""
        if not self._has_left:
            self._add(replace(self._base, error=_code_of(error)))

    def _add(self, exchange: Exchange) -> None:
        for record in self._records:
            record.append(exchange)
            del record[:-MOST_EXCHANGES]


RequestT = TypeVar("RequestT", bound=RecordedRequest)


def create_recorder(
    request: RequestT,
    clients: Iterable[RecordingClient],
    endpoint_of: Callable[[RequestT], str],
    find_secrets: Callable[[], Iterable[str]],
) -> ExchangeRecorder | None:
    """Return what records a request for these clients; None where they record nothing."""
    records = [client.exchanges for client in clients if client.exchanges is not None]
    if not records:
        return None
    return ExchangeRecorder(request, records, find_secrets(), endpoint_of(request))


def start_recording(clients: Iterable[RecordingClient]) -> None:
    """Record the exchanges of these clients from now on."""
    for client in clients:
        client.exchanges = []


def attach_exchanges(
    results: Sequence[SubscriptionResult], clients: Iterable[RecordingClient]
) -> list[SubscriptionResult]:
    """Return the results with the exchanges of their clients."""
    return [
        replace(result, exchanges=tuple(client.exchanges or ()))
        for result, client in zip(results, clients, strict=True)
    ]


def _show_endpoint(endpoint: str, redact: Redact) -> str:
    """Return the key of an endpoint without secrets; another key has another text."""
    shown = redact(mask_url(endpoint).removesuffix("?…"))
    if shown == endpoint:
        return shown
    return f"{shown} {sha256(endpoint.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _code_of(error: BaseException) -> str:
    if isinstance(error, DeliveryError):
        return str(error.code)
    return "CANCELLED" if isinstance(error, asyncio.CancelledError) else "UNKNOWN_ERROR"


def _find_request_id(response: Response) -> str:
    headers = response.headers
    body = as_object(response.body)
    places: Sequence[Mapping[str, Any]] = (as_object(body.get("meta")), body)
    candidates = [
        *(headers.get(name) for name in _ID_HEADERS),
        *(place.get(name) for place in places for name in _ID_MEMBERS),
    ]
    return next((found for found in candidates if isinstance(found, str) and found), "")


def _render(body: Any) -> str:
    if body is None:
        return ""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    # Half a surrogate pair has no place in a file or a response.
    return text.encode("utf-8", "replace").decode()
