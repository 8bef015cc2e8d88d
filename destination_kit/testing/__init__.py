"""What the author of a destination tests it with.

A name is imported when it is first asked for: pytest loads this package in every run, and has to
pay nothing for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit.testing.conformance import accept, check_destination, find_problems
    from destination_kit.testing.events import events_of_every_type
    from destination_kit.testing.instances import configured_instance
    from destination_kit.testing.network import no_network
    from destination_kit.testing.partner import Partner

__all__ = [
    "Partner",
    "accept",
    "check_destination",
    "configured_instance",
    "events_of_every_type",
    "find_problems",
    "no_network",
]

_ROOMS = ("events", "network", "partner", "instances", "conformance")


def __getattr__(name: str) -> object:
    for room in _ROOMS if name in __all__ else ():
        module = import_module(f"{__name__}.{room}")
        if hasattr(module, name):
            globals()[name] = getattr(module, name)
            return globals()[name]
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
