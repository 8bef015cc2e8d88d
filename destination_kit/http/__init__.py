"""The outgoing HTTP client: the only place that knows httpx, and the guard of every credential."""

from typing import TYPE_CHECKING

from destination_kit._lazy import opener

if TYPE_CHECKING:
    from destination_kit.http.budgets import Budgets
    from destination_kit.http.circuit_breaker import CircuitBreaker, endpoint
    from destination_kit.http.client import Client
    from destination_kit.http.codec import encode
    from destination_kit.http.policy import Access, Outgoing, check_loopback, host_matches, prepare
    from destination_kit.http.throttle import Throttle
    from destination_kit.http.transports.httpx import OverHttpx

__all__ = [
    "Access",
    "Budgets",
    "CircuitBreaker",
    "Client",
    "Outgoing",
    "OverHttpx",
    "Throttle",
    "check_loopback",
    "encode",
    "endpoint",
    "host_matches",
    "prepare",
]


def __dir__() -> list[str]:
    return __all__


__getattr__ = opener(
    __name__,
    __all__,
    ("codec", "policy", "budgets", "throttle", "circuit_breaker", "transports.httpx", "client"),
)
