"""Every installed destination, checked, and the way from a document to a running instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from destination_kit.catalog.contributions import gather_destinations, gather_directives
from destination_kit.catalog.definition_checks import check_destination_structure
from destination_kit.errors import DefinitionError
from destination_kit.mapping import DIRECTIVES
from destination_kit.plugins import HOOK_TIMEOUT, LoadedPlugin, PluginFailure, Plugins

Secrets: TypeAlias = Callable[[str], str | None]
"""The name of a secret -> its value, None where there is none."""

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.catalog.subscriptions import Checks
    from destination_kit.definitions import Destination, Directive
    from destination_kit.http import Budgets
    from destination_kit.results import ResultRecord
    from destination_kit.runtime import Instance

__all__ = ["Catalog", "LoadedPlugin", "PluginFailure", "Secrets"]


class Catalog:
    """Destinations by slug and directives by name, checked and immutable.

    What a destination's `create_shared_state` makes is made once per catalog, with its first instance. All
    instances spend the same `budgets`.
    `plugins` tells what was loaded, `failures` what was left out, and why.
    """

    __slots__ = (
        "_budgets",
        "_checks",
        "_observers",
        "_shared",
        "destinations",
        "directives",
        "failures",
        "plugins",
    )

    def __init__(
        self,
        destinations: Mapping[str, Destination],
        directives: Mapping[str, Directive] = DIRECTIVES,
        *,
        failures: tuple[PluginFailure, ...] = (),
        observers: Mapping[str, Callable[[ResultRecord], None]] = MappingProxyType({}),
        budgets: Budgets | None = None,
    ) -> None:
        self.destinations = MappingProxyType(dict(destinations))
        self.directives = MappingProxyType(dict(directives))
        self.plugins: tuple[LoadedPlugin, ...] = ()
        self.failures = failures
        self._observers = observers
        self._shared: dict[str, Any] = {}
        self._budgets = budgets
        self._checks: Checks = {}

    @classmethod
    def installed(cls, *, hook_timeout: float = HOOK_TIMEOUT) -> Catalog:
        """Return the catalog of every installed plugin; a broken one harms no other.

        A hook that has not returned after `hook_timeout` seconds is left out and left behind.
        """
        return cls.of_plugins(Plugins.installed(hook_timeout=hook_timeout))

    @classmethod
    def of_plugins(cls, plugins: Plugins) -> Catalog:
        """Return the catalog of these plugins."""
        directives = gather_directives(plugins)
        destinations = gather_destinations(plugins, directives)
        failures, observers = tuple(plugins.failures), plugins.observers()
        catalog = cls(destinations, directives, failures=failures, observers=observers)
        catalog.plugins = tuple(plugins.loaded())
        return catalog

    @classmethod
    def of(cls, *destinations: Destination) -> Catalog:
        """Return the catalog of these destinations alone, without plugins.

        Raises `DefinitionError` where one is not well defined or two share a slug.
        """
        found: dict[str, Destination] = {}
        for each in destinations:
            for problem in check_destination_structure(each, DIRECTIVES):
                raise DefinitionError(problem.message, where=each.slug + problem.path)
            if each.slug in found:
                raise DefinitionError("two destinations share this slug", where=each.slug)
            found[each.slug] = each
        return cls(found)

    def configure(
        self, document: Json, *, secrets: Secrets | None = None, destination: str | None = None
    ) -> Instance:
        """Return the instance that a document describes, ready to be opened.

        `secrets` gives the value of a `{"$secret": NAME}` in the settings, None where there is
        none; without it such a document is refused. `destination` names the partner for documents
        in Segment's own shape, which do not. Raises `ConfigurationError` with every problem at
        once, each with a JSON Pointer. Pure, and cheap to repeat.
        """
        from destination_kit.catalog.configuration import ConfigurationBuilder, configure
        from destination_kit.http import Budgets

        self._budgets = self._budgets or Budgets()
        place = ConfigurationBuilder(
            self.destinations,
            self.directives,
            self._observers,
            secrets,
            self._shared,
            self._budgets,
            self._checks,
        )
        return configure(place, document, destination)
