"""What goes out to a partner and what it answers: the client that `perform` gets, as a protocol."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypedDict, Unpack

from destination_kit._json import Json


@dataclass(frozen=True, slots=True)
class Response:
    """A partner's HTTP answer: `body` is its JSON, else its text, else None where it was empty.

    Header names are lower case. `retry_after` is in seconds.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    retry_after: float | None = None


class RequestOptions(TypedDict, total=False):
    """What a request may carry besides its method and URL.

    `safe` says that it changes nothing, as a search that is a POST; GET needs no such word.
    """

    json: Json
    params: Mapping[str, str | int | bool]
    headers: Mapping[str, str]
    timeout: float
    check: bool
    safe: bool


Sending: TypeAlias = Coroutine[Any, Any, Response]


class Http(Protocol):
    """The outgoing client that `perform` gets.

    It adds the destination's credentials, keeps to its `hosts`, never follows a redirect and gives
    up after `timeout` seconds (10 unless told). An answer outside 2xx raises `HTTPError` unless
    `check` is false; no answer raises `TransportError`.
    """

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Send one request and return its answer."""
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
