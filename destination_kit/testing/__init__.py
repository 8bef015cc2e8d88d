"""Test kit for the authors of destinations.

A name is imported at its first use, because pytest loads this package in every run.
"""

from typing import TYPE_CHECKING

from destination_kit._lazy import lazy_attributes

if TYPE_CHECKING:  # type checkers do not run `__getattr__`, and would report unknown names
    from destination_kit.testing.conformance import (
        accept as accept,
        check_destination as check_destination,
        find_problems as find_problems,
    )
    from destination_kit.testing.events import events_of_every_type as events_of_every_type
    from destination_kit.testing.instances import configured_instance as configured_instance
    from destination_kit.testing.network import no_network as no_network
    from destination_kit.testing.partner import Partner as Partner
    from destination_kit.testing.rules.directives import check_directive as check_directive
    from destination_kit.testing.stores import check_store as check_store

_MODULES = {
    "Partner": "partner",
    "accept": "conformance",
    "check_destination": "conformance",
    "check_directive": "rules.directives",
    "check_store": "stores",
    "configured_instance": "instances",
    "events_of_every_type": "events",
    "find_problems": "conformance",
    "no_network": "network",
}
__all__ = list(_MODULES)
__getattr__ = lazy_attributes(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
