"""Plugins behind a typed facade over pluggy: loading, hook calls with a time limit, failures.

No other module touches a plugin manager or calls a hook. A plugin that is broken, hangs or returns
something else than its hook promises is left out and listed in `Plugins.failures`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pluggy

from destination_kit import hookspecs
from destination_kit.command_interface import Command
from destination_kit.definitions import Action, Destination, Preset
from destination_kit.directive_interface import Directive
from destination_kit.distributions import BrokenDistribution, InstalledPlugin, find_plugins
from destination_kit.errors import describe_fault, did_you_mean
from destination_kit.hook_calls import HookCall
from destination_kit.results import ResultRecord
from destination_kit.snapshots import snapshot_action, snapshot_destination, snapshot_preset

HOOK_TIMEOUT = 10.0
"""Seconds that a hook may take. A sound one takes milliseconds; it only returns records."""

_HOOK_NAMES = [
    name for name, hook in vars(hookspecs).items() if hasattr(hook, f"{hookspecs.PROJECT}_spec")
]


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin, or a part of it, that was left out."""

    #: The plugin's name: that of its distribution and entry point, such as `acme:webhook`.
    plugin: str
    #: The reason, as a sentence for the operator.
    message: str


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that was loaded."""

    #: Its name: that of its distribution and entry point.
    plugin: str
    #: The installed distribution; None for a plugin that was registered by hand.
    distribution: str | None
    #: The version of the distribution; None where that is.
    version: str | None
    #: The names of the hooks that it implements.
    hooks: tuple[str, ...]
    #: What it brings, as kind -> names, such as `actions` -> `acme/send`.
    brings: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Contribution:
    """A record that a plugin's hook returned."""

    #: The plugin's name.
    plugin: str
    #: Whether the plugin is part of the kit that is running.
    own: bool
    #: The record's name, such as its slug.
    name: str
    #: The record, of the type that the hook promises.
    item: Any


@dataclass(slots=True)
class Plugins:
    """The registered plugins, each with a manager of its own, so that none can reach another."""

    #: The plugin manager of each plugin, by the plugin's name.
    managers: dict[str, pluggy.PluginManager] = field(default_factory=dict)
    #: What was left out so far.
    failures: list[PluginFailure] = field(default_factory=list)
    #: The names of plugins that are part of the kit that is running.
    own: set[str] = field(default_factory=set)
    #: Seconds after which a hook that has not returned is left out.
    hook_timeout: float = HOOK_TIMEOUT
    _distributions: dict[str, InstalledPlugin] = field(default_factory=dict)
    _contributed: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @classmethod
    def installed(cls, *, hook_timeout: float = HOOK_TIMEOUT, include_own: bool = True) -> Plugins:
        """Load the plugin of every entry point; one that cannot be imported is left out.

        Without `include_own` the plugins of the kit's own distribution are not imported.
        """
        plugins = cls(hook_timeout=hook_timeout)
        unique: dict[tuple[str, str], InstalledPlugin] = {}
        for found in find_plugins(hookspecs.PROJECT):
            if isinstance(found, BrokenDistribution):
                plugins._leave_out(found.name, found.message)
            elif include_own or not found.own:
                unique[found.folder, f"{found.entry_point.name}={found.entry_point.value}"] = found
        # The kit's own plugins come first, so that no other one can take their names.
        for installed in sorted(unique.values(), key=_own_first):
            plugins._load(installed)
        return plugins

    def _load(self, installed: InstalledPlugin) -> None:
        entry_point = installed.entry_point
        name = f"{installed.distribution}:{entry_point.name}"
        if name in self.managers:
            name = f"{installed.distribution} ({installed.folder}):{entry_point.name}"
        own = installed.runs_own_code()
        try:
            plugin = entry_point.load()
        except KeyboardInterrupt:
            raise  # the operator pressed Ctrl-C, so the plugin is not at fault
        except BaseException as error:  # noqa: BLE001 - a module may call `sys.exit`, which must not end the host
            self._leave_out(name, f"cannot be imported: {describe_error(error)}")
            return
        self._distributions[name] = installed
        self.register(plugin, name, own=own)

    def register(self, plugin: object, name: str, *, own: bool = False) -> None:
        """Add a plugin; one with an unknown hook or argument, or a name in use, is left out."""
        if name in self.managers:
            self._leave_out(name, "another plugin has this name")
            return
        manager = pluggy.PluginManager(hookspecs.PROJECT)
        manager.add_hookspecs(hookspecs)
        try:
            manager.register(plugin, name)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            self._leave_out(name, _describe_invalid(plugin, error))
            return
        if not any(_implements(manager, hook) for hook in _HOOK_NAMES):
            self._leave_out(name, "brings nothing: no function of it is marked with @hookimpl")
            return
        self.managers[name] = manager
        if own:
            self.own.add(name)

    def record_contribution(self, kind: str, name: str, plugin: str) -> None:
        """Record that a contribution of a kind, such as `"actions"`, was accepted."""
        self._contributed.setdefault(plugin, defaultdict(list))[kind].append(name)

    def loaded(self) -> Iterator[LoadedPlugin]:
        """Yield every plugin, with the contributions that were accepted."""
        for name, manager in sorted(self.managers.items()):
            distribution = self._distributions.get(name)
            contributed = self._contributed.get(name, {})
            yield LoadedPlugin(
                plugin=name,
                distribution=distribution.distribution if distribution else None,
                version=distribution.version if distribution else None,
                hooks=tuple(hook for hook in _HOOK_NAMES if _implements(manager, hook)),
                brings={kind: tuple(names) for kind, names in contributed.items()},
            )

    def destinations(self) -> list[Contribution]:
        """Return every destination that a plugin registers."""
        read = partial(_read_record, Destination, "slug", snapshot_destination)
        return list(self._collect("register_destinations", read))

    def actions(self, destination: str) -> list[Contribution]:
        """Return every action that plugins add to this destination, under its slug."""
        return list(self._collect("register_actions", _read_action, destination=destination))

    def presets(self, destination: str) -> list[Contribution]:
        """Return every preset that plugins add to this destination."""
        read = partial(_read_record, Preset, "name", snapshot_preset)
        return list(self._collect("register_presets", read, destination=destination))

    def directives(self) -> list[Contribution]:
        """Return every directive that plugins add to the mapping language."""
        return list(
            self._collect("register_directives", partial(_read_record, Directive, "name", None))
        )

    def commands(self) -> list[Contribution]:
        """Return every command that plugins add to `dkit`."""
        return list(
            self._collect("register_commands", partial(_read_record, Command, "name", None))
        )

    def observers(self) -> dict[str, Callable[[ResultRecord], None]]:
        """Return each plugin's `on_result`, by the plugin's name."""
        return {
            name: _bind_observer(manager)
            for name, manager in sorted(self.managers.items())
            if _implements(manager, "on_result")
        }

    def _collect(
        self, hook: str, read: Callable[..., tuple[str, Any] | None], **arguments: str
    ) -> Iterator[Contribution]:
        # The order of entry points differs between installations. Without a sort, so would the
        # order of the catalog and of its failures.
        calls = {
            name: HookCall(partial(_call_hook, manager, hook, arguments))
            for name, manager in sorted(self.managers.items())
            if _implements(manager, hook)
        }
        # All plugins work at the same time. One after the other, each slow one would cost the
        # operator the whole limit.
        until = monotonic() + self.hook_timeout
        for name, call in calls.items():
            try:
                records = call.wait(until, self.hook_timeout)
            except BaseException as error:  # noqa: BLE001 - a hook may call `sys.exit`, which must not end the host
                self._leave_out(name, f"{hook} failed: {describe_error(error)}")
                continue
            for record in records:
                is_own = name in self.own
                try:
                    found = read(record, is_own=is_own)
                    fault = f"returned {type(record).__name__}, which is not what it asks for"
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # noqa: BLE001 - an attribute or container of a plugin's record may raise
                    found, fault = None, f"returned a record that {describe_fault(error)}"
                if found:
                    yield Contribution(name, is_own, *found)
                else:
                    self._leave_out(name, f"{hook} {fault}")

    def _leave_out(self, plugin: str, message: str) -> None:
        self.failures.append(PluginFailure(plugin, message))


def resolve_name_conflicts(
    plugins: Plugins,
    kind: str,
    contributions: Iterable[Contribution],
    reserved: Iterable[str] = (),
) -> Iterator[Contribution]:
    """Yield the contributions that may keep their name; record the others as failures.

    A name in `reserved` is kept by its present owner. Of several plugins with one name the kit's own
    plugin wins; of others none does, because the order of their names must not choose. Names that
    differ in upper and lower case only are one name: many disks would keep one file for both.
    """
    taken = {name.casefold() for name in reserved}
    by_name: defaultdict[str, list[Contribution]] = defaultdict(list)
    for contribution in contributions:
        by_name[contribution.name.casefold()].append(contribution)
    for folded, rivals in by_name.items():
        own = [contribution for contribution in rivals if contribution.own]
        winners = rivals if len(rivals) == 1 else own[:1]
        winner = winners[0] if winners and folded not in taken else None
        for contribution in rivals:
            if contribution is winner:
                yield contribution
                continue
            others = [rival.plugin for rival in rivals if rival is not contribution]
            owners = " and ".join(others) or "the kit or the destination itself"
            message = f"the {kind} {contribution.name!r} is brought by {owners} as well; not loaded"
            plugins.failures.append(PluginFailure(contribution.plugin, message))


def _implements(manager: pluggy.PluginManager, hook: str) -> bool:
    return bool(getattr(manager.hook, hook).get_hookimpls())


def _bind_observer(manager: pluggy.PluginManager) -> Callable[[ResultRecord], None]:
    return lambda record: manager.hook.on_result(record=record)


def _own_first(installed: InstalledPlugin) -> tuple[bool, str, str]:
    return not installed.own, installed.distribution, installed.entry_point.name


def _read_record(
    record_type: type,
    attribute: str,
    snapshot: Callable[[Any], Any] | None,
    record: Any,
    *,
    is_own: bool,
) -> tuple[str, Any] | None:
    """Return the name of a hook's record and what the catalog takes of it; None for another type.

    The kit's own records are taken as they are. A copy of them would slow each start down.
    """
    if not issubclass(type(record), record_type):
        return None
    name = getattr(record, attribute)
    if not issubclass(type(name), str):
        return None
    # A subclass of `str` has its own `__eq__`, which would decide what has the same name.
    return str.__str__(name), record if is_own or snapshot is None else snapshot(record)


def _read_action(record: Any, *, is_own: bool) -> tuple[str, Any] | None:
    match record:
        case (str() as slug, Action() as action):
            return str.__str__(slug), action if is_own else snapshot_action(action)
        case _:
            return None


def _call_hook(
    manager: pluggy.PluginManager, hook: str, arguments: Mapping[str, str]
) -> Iterator[object]:
    for records in getattr(manager.hook, hook)(**arguments):
        yield from records


def _describe_invalid(plugin: object, error: pluggy.PluginValidationError) -> str:
    """Return why pluggy refuses a plugin, with a suggestion for a hook that does not exist."""
    marker = f"{hookspecs.PROJECT}_impl"
    for name in dir(plugin):
        if hasattr(getattr(plugin, name, None), marker) and name not in _HOOK_NAMES:
            return f"there is no hook {name!r}{did_you_mean(name, _HOOK_NAMES)}"
    return str(error)


def describe_error(error: BaseException) -> str:
    """Return an error with the last line of the plugin's own code in its traceback, if any."""
    import threading
    from traceback import extract_tb

    try:
        description = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - the `__str__` of a plugin's exception may raise
        description = type(error).__name__
    kit = f"{Path(__file__).parent}{os.sep}"
    not_of_plugin = (kit, threading.__file__, "<frozen")
    frames = [
        frame
        for frame in extract_tb(error.__traceback__)
        if not frame.filename.startswith(not_of_plugin)
    ]
    if not frames:
        return description
    frame = frames[-1]
    line = f": {frame.line}" if frame.line else ""
    return f"{description} ({frame.filename}, line {frame.lineno}{line})"
