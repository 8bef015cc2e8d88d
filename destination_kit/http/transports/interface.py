"""The contract of a transport, and the limits of every transport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from destination_kit.errors import Remedy
    from destination_kit.http.host_policy import OutgoingRequest

# Without a limit a hostile response could fill the memory, even a short one that is compressed.
# Responses of APIs rarely reach a megabyte, so ten are our guess.
MAX_RESPONSE_BYTES: Final = 10_000_000
#: Error text for a longer response.
RESPONSE_TOO_LARGE: Final = f"the response has more than {MAX_RESPONSE_BYTES:,} bytes"
# A request without a connection has changed nothing, one without a response may have. With both
# timeouts at 10 s the difference would be lost, so the first comes at 9 s.
CONNECT_SHARE: Final = 0.9


class RawResponse(NamedTuple):
    """A partner's whole response, undecoded."""

    #: HTTP status code.
    status: int
    #: Header values by lower-case name; repeated headers are joined by ", ".
    headers: Mapping[str, str]
    #: The body as it came, perhaps compressed.
    content: bytes


class NoResponseError(Exception):
    """The partner sent no whole response."""

    def __init__(
        self, message: str, *, unsent: bool, timed_out: bool = False, status: int | None = None
    ) -> None:
        super().__init__(message)
        #: Whether nothing can have reached the partner.
        self.unsent = unsent
        #: Whether the time limit ended the request.
        self.timed_out = timed_out
        #: The status of a response whose body cannot be read.
        self.status = status
        #: What lets the request succeed, where that is not time.
        self.remedy: Remedy | None = None


class ProxyConnectionError(NoResponseError):
    """The proxy opened no connection to the partner, so nothing has reached it."""

    def __init__(self, message: str, *, proxy: str, timed_out: bool, remedy: Remedy | None) -> None:
        super().__init__(message, unsent=True, timed_out=timed_out)
        #: The proxy, for messages.
        self.proxy = proxy
        self.remedy = remedy


class Transport(Protocol):
    """Carries the bytes of requests to a partner, and of responses back."""

    #: How many requests at a time it handles well.
    max_concurrent: int

    async def __call__(
        self, request: OutgoingRequest, url: str, headers: Mapping[str, str]
    ) -> RawResponse:
        """Send a request to a URL with these headers and no others.

        Calls `request.on_departure` before a part of the request can reach the partner. Raises
        `NoResponseError`. Follows no redirect, keeps no cookie and repeats no request.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
