"""The outgoing HTTP client: the only place that knows httpx, and the guard of every credential."""

from typing import TYPE_CHECKING

from destination_kit._lazy import opener

if TYPE_CHECKING:
    from destination_kit.http.access import Access, Outgoing, check_loopback, host_matches, prepare
    from destination_kit.http.bodies import encode
    from destination_kit.http.budgets import Budgets
    from destination_kit.http.client import Client
    from destination_kit.http.exchange import OverHttpx
    from destination_kit.http.flow import Flow
    from destination_kit.http.stops import Stops, endpoint

__all__ = [
    "Access",
    "Budgets",
    "Client",
    "Flow",
    "Outgoing",
    "OverHttpx",
    "Stops",
    "check_loopback",
    "encode",
    "endpoint",
    "host_matches",
    "prepare",
]


def __dir__() -> list[str]:
    return __all__


__getattr__ = opener(
    __name__, __all__, ("bodies", "access", "budgets", "flow", "stops", "exchange", "client")
)
