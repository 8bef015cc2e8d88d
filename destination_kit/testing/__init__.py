"""What the author of a destination tests it with.

A name is imported when it is first asked for: pytest loads this package in every run, and has to
pay nothing for it.
"""

from typing import TYPE_CHECKING

from destination_kit._lazy import opener

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

__getattr__ = opener(
    __name__, __all__, ("events", "network", "partner", "instances", "conformance")
)


def __dir__() -> list[str]:
    return __all__
