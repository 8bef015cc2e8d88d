"""The transport over aiohttp, from the extra `fast`: several times as many requests a second."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from destination_kit.http.host_policy import OutgoingRequest
from destination_kit.http.transports.interface import (
    CONNECT_SHARE,
    MAX_RESPONSE_BYTES,
    RESPONSE_TOO_LARGE,
    NoResponseError,
    RawResponse,
)
from destination_kit.network_environment import load_certificates

if TYPE_CHECKING:
    from ssl import SSLContext

    import aiohttp
    import yarl

# httpx accepts 100 KiB of headers in all (`MAX_INCOMPLETE_EVENT_SIZE` in httpcore). aiohttp's
# defaults of 8,190 bytes a line and 128 headers would refuse some of these. The figures are our
# guess.
_MAX_HEADER_BYTES: Final = 65_536
_MAX_HEADERS: Final = 1000
_KEEP_ALIVE: Final = 5.0  # as in httpx (`keepalive_expiry` of `httpx.Limits`)


class AiohttpTransport:
    """A `Transport` over an aiohttp session."""

    max_concurrent = 100  # as in aiohttp (`limit` of `TCPConnector`)

    def __init__(self) -> None:
        self._certificates = load_certificates()
        self._session: aiohttp.ClientSession | None = None

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session:
            await self._session.close()

    async def __call__(
        self, request: OutgoingRequest, url: str, headers: Mapping[str, str]
    ) -> RawResponse:
        """Send a request; see `Transport`."""
        import aiohttp

        # A session belongs to the event loop that runs when it is made. `__init__` may run before
        # any loop, where a session would raise.
        self._session = self._session or _create_session(self.max_concurrent, self._certificates)
        request.on_departure()
        try:
            response = await self._session.request(
                request.method,
                _parse_url(url),
                data=request.content,
                headers=headers,
                allow_redirects=False,
                timeout=_create_timeout(request.timeout),
            )
            try:
                content = await _read_content(response)
            except aiohttp.ClientError as error:
                raise NoResponseError(
                    _describe(error), unsent=False, status=response.status
                ) from None
            finally:
                response.release()  # aiohttp closes the connection if a part is unread
            return RawResponse(response.status, _read_headers(response), content)
        except TimeoutError as error:
            unsent = isinstance(error, aiohttp.ConnectionTimeoutError)
            raise NoResponseError(str(error), unsent=unsent, timed_out=True) from None
        except aiohttp.ClientError as error:
            unsent = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientSSLError)
            raise NoResponseError(_describe(error), unsent=unsent) from None
        except ValueError as error:  # aiohttp raises it for a header that HTTP cannot carry
            raise NoResponseError(str(error), unsent=True) from None


def _describe(error: aiohttp.ClientError) -> str:
    """Return the text of an error, without the URL in some: its query can name a person."""
    text = str(getattr(error, "message", "") or error)
    return type(error).__name__ if "://" in text else text


def _create_session(max_connections: int, certificates: SSLContext) -> aiohttp.ClientSession:
    import aiohttp

    from destination_kit.http.transports.aiohttp_connection import create_connector

    session = aiohttp.ClientSession(
        connector=create_connector(
            limit=max_connections, keepalive_timeout=_KEEP_ALIVE, ssl=certificates
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        max_line_size=_MAX_HEADER_BYTES,
        max_field_size=_MAX_HEADER_BYTES,
        max_headers=_MAX_HEADERS,
    )
    # aiohttp repeats a PUT or DELETE whose connection broke (`IDEMPOTENT_METHODS` in client.py).
    # The request may have changed something, so only the caller may repeat it.
    session._retry_connection = False  # noqa: SLF001 - aiohttp has no public option for it
    return session


async def _read_content(response: aiohttp.ClientResponse) -> bytes:
    import aiohttp

    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > MAX_RESPONSE_BYTES:
            raise aiohttp.ClientPayloadError(RESPONSE_TOO_LARGE)
    return bytes(content)


def _read_headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for original_name, value in response.headers.items():
        name = original_name.lower()
        text = value
        if not value.isascii():
            # aiohttp decodes headers with surrogate escapes (`parse_headers` in http_parser.py).
            # UTF-8 cannot encode these, so writing one to a log would fail.
            text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


@lru_cache(maxsize=1000)
def _parse_url(url: str) -> yarl.URL:
    import yarl

    # yarl would decode escapes such as %7E. Then the request would have another URL than the one
    # that the kit checked.
    return yarl.URL(url, encoded=True)


@lru_cache(maxsize=100)
def _create_timeout(seconds: float) -> aiohttp.ClientTimeout:
    import aiohttp

    connect = seconds * CONNECT_SHARE
    return aiohttp.ClientTimeout(
        total=None,  # the client has its own timer for the whole request
        connect=connect,
        sock_connect=connect,
        ceil_threshold=math.inf,  # aiohttp would round timeouts above 5 s up to whole seconds
    )
