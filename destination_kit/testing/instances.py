"""Configured instances for tests, without an instance document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING

from destination_kit._json import Json, JsonObject
from destination_kit.catalog import Catalog
from destination_kit.errors import DefinitionError, did_you_mean
from destination_kit.hookspecs import hookimpl
from destination_kit.plugins import Plugins
from destination_kit.testing.generators import Hints, make_settings
from destination_kit.testing.rules.subscriptions import default_subscription, preset_subscription

if TYPE_CHECKING:
    from destination_kit.definitions import Destination
    from destination_kit.runtime import Instance

_NO_VALUES: Mapping[str, Sequence[Json]] = MappingProxyType({})


def configured_instance(
    destination: Destination,
    *subscriptions: JsonObject,
    values: Mapping[str, Sequence[Json]] = _NO_VALUES,
    seed: int = 0,
    plugins: Sequence[object] = (),
    presets: Sequence[str] = (),
) -> Instance:
    """Return an instance with generated settings and these subscriptions.

    Without subscriptions and `presets` each action gets one: its default trigger and mapping, and
    generated values for the required fields that those leave out. `values` is the name of a setting
    or field -> values to choose from, for those that cannot be generated. `plugins` are modules or
    objects with hooks: their directives, actions and presets are there, as if they were installed.
    `presets` are names of presets to subscribe to.

    Raises:
        DefinitionError: A plugin, or a part of it, would be left out.
        ValueError: There is no preset of that name.

    """
    catalog = _catalog_with(destination, plugins) if plugins else Catalog.of(destination)
    extended = catalog.destinations[destination.slug]
    hints = Hints(values, destination.hosts)
    chosen = [*subscriptions, *(_from_preset(extended, name) for name in presets)]
    suggested = (
        default_subscription(slug, action, hints, seed) for slug, action in extended.actions.items()
    )
    document: JsonObject = {
        "destination": destination.slug,
        "settings": make_settings(destination.settings, hints, seed),
        "subscriptions": chosen or list(suggested),
    }
    return catalog.configure(document)


def _from_preset(destination: Destination, name: str) -> JsonObject:
    by_name = {preset.name: preset for preset in destination.presets}
    if name not in by_name:
        msg = f"{destination.slug} has no preset {name!r}{did_you_mean(name, by_name)}"
        raise ValueError(msg)
    return preset_subscription(by_name[name], destination.actions[by_name[name].action])


def _catalog_with(destination: Destination, modules: Sequence[object]) -> Catalog:
    """Return the catalog of a destination and of plugins, one of which may bring it already."""
    plugins = Plugins()
    for number, module in enumerate(modules):
        plugins.register(module, str(getattr(module, "__name__", f"plugin {number}")))
    if destination.slug not in {found.name for found in plugins.destinations()}:
        bringing = SimpleNamespace(register_destinations=hookimpl(lambda: [destination]))
        plugins.register(bringing, "the tested destination")
    catalog = Catalog.of_plugins(plugins)
    for failure in catalog.failures:
        raise DefinitionError(failure.message, where=failure.plugin)
    return catalog
