"""Configured instances for tests, without an instance document."""

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

_NO_VALUES: Mapping[str, Sequence[Json]] = MappingProxyType({})


def configured_instance(
    destination: Destination,
    *subscriptions: JsonObject,
    values: Mapping[str, Sequence[Json]] = _NO_VALUES,
    seed: int = 0,
) -> Instance:
    """Return an instance with generated settings and these subscriptions.

    Without subscriptions each action gets one: its default trigger and mapping, and generated
    values for the required fields that those leave out. `values` is the name of a setting or field
    -> values to choose from, for those that cannot be generated.
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
