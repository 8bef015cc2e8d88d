"""A configured instance of any destination, for a test that wants one and no document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from destination_kit._json import Json, JsonObject
from destination_kit.catalog import Catalog
from destination_kit.testing.generators import Hints, make_settings
from destination_kit.testing.rules.subscriptions import default_subscription

if TYPE_CHECKING:
    from destination_kit.definitions import Destination
    from destination_kit.runtime import Instance

_NONE: Mapping[str, Sequence[Json]] = MappingProxyType({})


def configured_instance(
    destination: Destination,
    *subscriptions: JsonObject,
    values: Mapping[str, Sequence[Json]] = _NONE,
    seed: int = 0,
) -> Instance:
    """Return an instance with settings that are made up, and with these subscriptions.

    Without any, every action has one with its default trigger and mapping; fields that those leave
    out are made up as well. `values` holds, by the name of a setting or field, the ones to choose
    from instead.
    """
    hints = Hints(values, destination.hosts)
    suggested = [
        default_subscription(slug, action, hints, seed)
        for slug, action in destination.actions.items()
    ]
    document: JsonObject = {
        "destination": destination.slug,
        "settings": make_settings(destination.settings, hints, seed),
        "subscriptions": list(subscriptions) or suggested,
    }
    return Catalog.of(destination).configure(document)
