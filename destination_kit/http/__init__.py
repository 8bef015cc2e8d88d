"""The outgoing HTTP client: the only place that knows httpx, and the guard of every credential."""

from typing import TYPE_CHECKING

from destination_kit._lazy import lazy_attributes

if TYPE_CHECKING:  # the same names for type checkers, which do not run `__getattr__`
    from destination_kit.http.budgets import Budgets as Budgets
    from destination_kit.http.circuit_breaker import (
        CircuitBreaker as CircuitBreaker,
        endpoint as endpoint,
    )
    from destination_kit.http.client import Client as Client
    from destination_kit.http.codec import encode as encode
    from destination_kit.http.policy import (
        Access as Access,
        Outgoing as Outgoing,
        check_loopback as check_loopback,
        host_matches as host_matches,
        prepare as prepare,
    )
    from destination_kit.http.throttle import Throttle as Throttle
    from destination_kit.http.transports.httpx import OverHttpx as OverHttpx
    from destination_kit.http.transports.selection import (
        HttpLibrary as HttpLibrary,
        choose_transport as choose_transport,
        open_transport as open_transport,
    )

_MODULES = {
    "Access": "policy",
    "Budgets": "budgets",
    "CircuitBreaker": "circuit_breaker",
    "Client": "client",
    "HttpLibrary": "transports.selection",
    "Outgoing": "policy",
    "OverHttpx": "transports.httpx",
    "Throttle": "throttle",
    "check_loopback": "policy",
    "choose_transport": "transports.selection",
    "encode": "codec",
    "endpoint": "circuit_breaker",
    "host_matches": "policy",
    "open_transport": "transports.selection",
    "prepare": "policy",
}
__all__ = list(_MODULES)
__getattr__ = lazy_attributes(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
