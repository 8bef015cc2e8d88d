"""Catalog of the installed destinations, and `configure`: from a document to an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from destination_kit.catalog.contributions import (
    describe_bad_triggers,
    gather_destinations,
    gather_directives,
    with_built_in,
)
from destination_kit.errors import DefinitionError
from destination_kit.plugins import HOOK_TIMEOUT, LoadedPlugin, PluginFailure, Plugins

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.catalog.subscriptions import CompiledActions
    from destination_kit.definitions import Destination
    from destination_kit.directive_interface import Directive
    from destination_kit.http import Budgets
    from destination_kit.results import ResultRecord
    from destination_kit.runtime import Instance
    from destination_kit.stores import Store

Secrets: TypeAlias = Callable[[str], str | None]
"""The name of a secret -> its value, None if there is no such secret."""

__all__ = ["Catalog", "LoadedPlugin", "PluginFailure", "Secrets"]


class Catalog:
    """Checked destinations by slug and directives by name; immutable.

    The first instance of a destination creates its shared state, which the others then use. All
    instances of a catalog spend the same budgets.

    Attributes:
        destinations: Every destination without faults, by slug.
        plugins: The plugins that were loaded, with what each brings.
        failures: The plugins, or parts of them, that were left out, with the reasons. Such a part
            may be a default trigger that cannot be read.

    """

    __slots__ = (
        "_added_directives",
        "_budgets",
        "_compiled_actions",
        "_observers",
        "_shared_states",
        "_store",
        "destinations",
        "failures",
        "plugins",
    )

    def __init__(
        self,
        destinations: Mapping[str, Destination],
        added_directives: Mapping[str, Directive] = MappingProxyType({}),
        *,
        failures: tuple[PluginFailure, ...] = (),
        observers: Mapping[str, Callable[[ResultRecord], None]] = MappingProxyType({}),
        budgets: Budgets | None = None,
    ) -> None:
        self.destinations = MappingProxyType(dict(destinations))
        self._added_directives = added_directives
        self.plugins: tuple[LoadedPlugin, ...] = ()
        self.failures = failures
        self._observers = observers
        self._shared_states: dict[str, Any] = {}
        self._budgets = budgets
        self._store: Store | None = None
        self._compiled_actions: CompiledActions = {}

    @property
    def directives(self) -> Mapping[str, Directive]:
        """The directives that mappings may use, by name."""
        return MappingProxyType(with_built_in(self._added_directives))

    @classmethod
    def installed(cls, *, hook_timeout: float = HOOK_TIMEOUT) -> Catalog:
        """Return the catalog of every installed plugin; a broken plugin harms no other.

        A plugin whose hook has not returned after `hook_timeout` seconds is left out, with an
        entry in `failures`.
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

        A default trigger that cannot be read is an entry in `failures`, under the slug.

        Raises:
            DefinitionError: A destination is not well defined, or two share a slug.

        """
        from destination_kit.definition_checks import (
            check_default_triggers,
            check_destination_structure,
        )
        from destination_kit.snapshots import snapshot_destination

        by_slug: dict[str, Destination] = {}
        failures: list[PluginFailure] = []
        directives = with_built_in({})
        for given in destinations:
            destination = snapshot_destination(given)
            for problem in check_destination_structure(destination, directives):
                raise DefinitionError(problem.message, where=destination.slug + problem.path)
            if destination.slug in by_slug:
                raise DefinitionError("two destinations share this slug", where=destination.slug)
            by_slug[destination.slug] = destination
            label, problems = f"destination {destination.slug}", check_default_triggers(destination)
            failures += describe_bad_triggers(destination.slug, label, problems)
        return cls(by_slug, failures=tuple(failures))

    def configure(
        self,
        document: Json,
        *,
        secrets: Secrets | None = None,
        destination: str | None = None,
        draft: bool = False,
    ) -> Instance:
        """Return the instance that a document describes, ready to be opened.

        It has no effects outside of the catalog and is cheap to repeat.

        Args:
            document: The instance document, as parsed JSON.
            secrets: Looks up the name in each `{"$secret": NAME}` of the settings. Without it, a
                document with such a setting is refused.
            destination: The slug of the destination, for documents in Segment's own shape, which
                do not name it.
            draft: Whether a person is still filling in the settings. Those with `x-dynamic` may
                be missing then, and the subscriptions are left out: it is for
                `Live.setting_choices`.

        Raises:
            ConfigurationError: With every problem of the document, each with a JSON Pointer.

        """
        # `dkit list` and other commands configure no instance. An import at the top would load
        # asyncio and the HTTP client for them too.
        from destination_kit.catalog.configuration import ConfigurationBuilder, configure
        from destination_kit.http import Budgets
        from destination_kit.stores import MemoryStore

        self._budgets = self._budgets or Budgets()
        self._store = self._store or MemoryStore()
        builder = ConfigurationBuilder(
            destinations=self.destinations,
            directives=self.directives,
            observers=self._observers,
            secrets=secrets,
            shared_states=self._shared_states,
            budgets=self._budgets,
            store=self._store,
            compiled_actions=self._compiled_actions,
            draft=draft,
            plugin_names={
                slug: plugin.plugin
                for plugin in self.plugins
                for slug in plugin.brings.get("destinations", ())
            },
        )
        return configure(builder, document, destination)
