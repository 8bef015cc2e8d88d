"""The HTTP client of `perform`, as a protocol: requests to a partner and its responses."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request as it is sent, for a function that signs it."""

    #: The method, in upper case as the caller wrote it.
    method: str
    #: The whole URL, with its query.
    url: str = field(repr=False)
    #: The headers by name, without those that the client adds last: `host`, `accept`,
    #: `accept-encoding`, `user-agent` and `content-length`.
    headers: Mapping[str, str] = field(repr=False)
    #: The exact bytes of the body; empty for a request without one.
    content: bytes = field(repr=False)


Sign: TypeAlias = Callable[[PreparedRequest], Mapping[str, str]]
"""request -> the headers to add, such as an HMAC over `request.content`."""

FormValue: TypeAlias = str | int | float | bool
"""One value of a form. Numbers and booleans are written as JavaScript writes them."""

File: TypeAlias = tuple[str, str | bytes] | tuple[str, str | bytes, str]
"""(file name, content) or (file name, content, content type)."""

FilePart: TypeAlias = str | File
"""One part of `multipart/form-data`: a text is a plain field, a tuple a file."""


class RequestOptions(TypedDict, total=False):
    """The options of a request, besides its method and URL.

    At most one of `json`, `form`, `content` and `files` is the body. Another option, a second body
    or a value of another type raises a `TypeError`, whose text is in the result.
    """

    #: The body, sent as JSON (`application/json`). A `TypedDict` fits, and a list of them.
    json: Json | Mapping[str, object] | Sequence[Mapping[str, object]]
    #: The body, sent as a form (`application/x-www-form-urlencoded`, in UTF-8, as browsers encode
    #: it). A list repeats its name.
    form: Mapping[str, FormValue | Sequence[FormValue]]
    #: The body as it is sent: bytes, or a text that is sent in UTF-8.
    content: bytes | str
    #: The media type of `content`, such as `application/xml`. Without it a text is
    #: `text/plain;charset=UTF-8`, and bytes are `application/octet-stream`.
    content_type: str
    #: The body, sent as `multipart/form-data`. A list repeats its name.
    files: Mapping[str, FilePart | Sequence[FilePart]]
    #: The query of the URL; it replaces the query that the URL has.
    params: Mapping[str, str | int | bool]
    #: More headers. One with the name of a header of the destination replaces it.
    headers: Mapping[str, str]
    #: (user, password) for HTTP's basic authentication. It replaces a header `Authorization`.
    auth: tuple[str, str]
    #: Returns headers to add, from the request that is sent: a signature over its bytes.
    sign: Sign
    #: The seconds after which the client gives up; 10 without it.
    timeout: float
    #: Whether a status outside 2xx raises `HTTPError`; true without it.
    check: bool
    #: Whether the request changes nothing at the partner (RFC 9110, 9.2.1), such as a search that
    #: is a POST. A failed request that is safe has a known outcome. GET and HEAD are safe without
    #: it.
    safe: bool


Sending: TypeAlias = Coroutine[Any, Any, Response]


class Http(Protocol):
    """The HTTP client that `perform` receives.

    It adds the destination's credentials, refuses hosts outside the destination's `hosts`, never
    follows a redirect, and gives up after `timeout` seconds (10 by default). A status outside 2xx
    raises `HTTPError` unless `check` is false; a request without a response raises
    `TransportError`.
    """

    #: Whether the result of the delivery is final, at its deadline for example: nothing is sent any
    #: more, and what a function returns is dropped.
    is_over: bool = False

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

    def patch(self, url: str, **options: Unpack[RequestOptions]) -> Sending:
        """Send a PATCH request."""
        return self.request("PATCH", url, **options)

    def head(self, url: str, **options: Unpack[RequestOptions]) -> Sending:
        """Send a HEAD request, whose response has headers and no body."""
        return self.request("HEAD", url, **options)

    def delete(self, url: str, **options: Unpack[RequestOptions]) -> Sending:
        """Send a DELETE request."""
        return self.request("DELETE", url, **options)
