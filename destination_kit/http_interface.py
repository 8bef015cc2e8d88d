"""The HTTP client of `perform`, as a protocol: requests to a partner and its responses."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypedDict, Unpack

from destination_kit._json import Json


@dataclass(frozen=True, slots=True)
class Response:
    """A partner's HTTP response."""

    #: The status code.
    status: int
    #: The headers; names are in lower case.
    headers: Mapping[str, str]
    #: The body as JSON, else as text; None where it is empty.
    body: Any
    #: The seconds of the header `Retry-After`, None where it names no time to wait.
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class AssumedResponse:
    """The response to a request that a preview assumes, since it sends nothing."""

    #: What is assumed, for a person: "no contact is found".
    assumption: str
    #: The body. A text such as "<id of the contact>" stands for what only the partner knows; the
    #: requests that follow show it.
    body: Any = None


AssumeResponse: TypeAlias = Callable[[str, str], AssumedResponse | None]
"""(method, URL) -> the response to assume, None for a request after which nothing is known."""


class RequestOptions(TypedDict, total=False):
    """The options of a request, besides its method and URL."""

    #: The body, sent as JSON.
    json: Json
    #: The query of the URL.
    params: Mapping[str, str | int | bool]
    #: More headers. One with the name of a header of the destination replaces it.
    headers: Mapping[str, str]
    #: The seconds after which the client gives up; 10 without it.
    timeout: float
    #: Whether a status outside 2xx raises `HTTPError`; true without it.
    check: bool
    #: Whether the request changes nothing at the partner (RFC 9110, 9.2.1), such as a search that
    #: is a POST. A failed request that is safe has a known outcome. GET is safe without it.
    safe: bool


Sending: TypeAlias = Coroutine[Any, Any, Response]


class Http(Protocol):
    """The HTTP client that `perform` receives.

    It adds the destination's credentials, refuses hosts outside the destination's `hosts`, never
    follows a redirect, and gives up after `timeout` seconds (10 by default). A status outside 2xx
    raises `HTTPError` unless `check` is false; a request without a response raises
    `TransportError`.
    """

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Send one request and return its response."""
        ...

    def get(self, url: str, **options: Unpack[RequestOptions]) -> Sending:
        """Send a GET request."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Unpack[RequestOptions]) -> Sending:
        """Send a POST request."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Unpack[RequestOptions]) -> Sending:
        """Send a PUT request."""
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: Unpack[RequestOptions]) -> Sending:
        """Send a DELETE request."""
        return self.request("DELETE", url, **options)
