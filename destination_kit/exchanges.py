"""Exchanges: what an attempt to deliver an event asked the partner, and what came back."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request of a delivery and the partner's response, for people who look for a fault.

    `send(exchanges=True)` returns them. Secrets are masked; the body may name people.
    """

    #: The method, such as `POST`.
    method: str
    #: The URL without its query.
    url: str
    #: What a 403 closes: the method and the URL, or what the destination's `endpoint_key` makes of
    #: them. A digest takes the place of a query.
    endpoint: str
    #: The status of the response; None where none came.
    status: int | None = None
    #: The id that the partner gave the request, from a header or the body; "" without one.
    request_id: str = ""
    #: The start of the response's body: JSON, or text.
    body: str = field(default="", repr=False)
    #: Why no response came, as the code of a failure; "" where one came. A request that the
    #: circuit breaker held back has its code, and never left.
    error: str = ""
    #: Seconds from the departure to the response; 0 where the request never left.
    seconds: float = 0.0
