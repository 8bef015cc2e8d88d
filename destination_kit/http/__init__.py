"""The outgoing HTTP client: request policy, throttle, circuit breaker and transports."""

from typing import TYPE_CHECKING

from destination_kit._lazy import lazy_attributes

if TYPE_CHECKING:  # type checkers do not run `__getattr__`, so they find the names here
    from destination_kit.http.circuit_breaker import (
        CircuitBreaker as CircuitBreaker,
        default_endpoint_key as default_endpoint_key,
    )
    from destination_kit.http.client import Client as Client
    from destination_kit.http.codec import encode_json as encode_json
    from destination_kit.http.host_policy import (
        OutgoingRequest as OutgoingRequest,
        RequestPolicy as RequestPolicy,
        check_loopback as check_loopback,
        prepare_request as prepare_request,
    )
    from destination_kit.http.throttle import (
        Budgets as Budgets,
        Pace as Pace,
        Throttle as Throttle,
    )
    from destination_kit.http.transports.httpx import HttpxTransport as HttpxTransport
    from destination_kit.http.transports.selection import (
        HttpLibrary as HttpLibrary,
        choose_transport as choose_transport,
        open_transport as open_transport,
    )

_MODULES = {
    "Budgets": "throttle",
    "CircuitBreaker": "circuit_breaker",
    "Client": "client",
    "HttpLibrary": "transports.selection",
    "HttpxTransport": "transports.httpx",
    "OutgoingRequest": "host_policy",
    "Pace": "throttle",
    "RequestPolicy": "host_policy",
    "Throttle": "throttle",
    "check_loopback": "host_policy",
    "choose_transport": "transports.selection",
    "default_endpoint_key": "circuit_breaker",
    "encode_json": "codec",
    "open_transport": "transports.selection",
    "prepare_request": "host_policy",
}
__all__ = list(_MODULES)
__getattr__ = lazy_attributes(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
