"""Plugins behind a typed facade over pluggy: loading, hook calls with a time limit, failures.

No other module touches a plugin manager or calls a hook. A plugin that is broken, hangs or returns
something else than its hook promises is left out and listed in `Plugins.failures`.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from pathlib import Path
from time import monotonic
from typing import Any

import pluggy

from destination_kit import hookspecs
from destination_kit.definitions import Action, Command, Destination, Preset
from destination_kit.directive_interface import Directive
from destination_kit.distributions import BrokenDistribution, InstalledPlugin, find_plugins
from destination_kit.errors import did_you_mean
from destination_kit.results import ResultRecord

HOOK_TIMEOUT = 10.0
"""Seconds that a hook may take. A sound one takes milliseconds; it only returns records."""

_OWN_DISTRIBUTION = "destination-kit"
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
    #: Whether the plugin is part of the kit's own distribution.
    own: bool
    #: The record, of the type that the hook promises.
    item: Any


@dataclass(slots=True)
class Plugins:
    """The registered plugins, each with a manager of its own, so that none can reach another."""

    #: The plugin manager of each plugin, by the plugin's name.
    managers: dict[str, pluggy.PluginManager] = field(default_factory=dict)
    #: What was left out so far.
    failures: list[PluginFailure] = field(default_factory=list)
    #: The names of plugins of the kit's own distribution.
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
            elif include_own or found.distribution != _OWN_DISTRIBUTION:
                name = f"{found.distribution}:{found.entry_point.name}"
                unique[name, found.entry_point.value] = found
        for (name, _), installed in sorted(unique.items(), key=itemgetter(0)):
            plugins._load(name, installed)
        return plugins

    def _load(self, name: str, installed: InstalledPlugin) -> None:
        try:
            plugin = installed.entry_point.load()
        except KeyboardInterrupt:
            raise  # the operator pressed Ctrl-C, so the plugin is not at fault
        except BaseException as error:  # noqa: BLE001 - a module may call `sys.exit`, which must not end the host
            self._leave_out(name, f"cannot be imported: {_describe_error(error)}")
            return
        self._distributions[name] = installed
        self.register(plugin, name, own=installed.distribution == _OWN_DISTRIBUTION)

    def register(self, plugin: object, name: str, *, own: bool = False) -> None:
        """Add a plugin; one with an unknown hook or argument is left out."""
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
        return list(self._collect("register_destinations", _has_text(Destination, "slug")))

    def actions(self, destination: str) -> list[Contribution]:
        """Return every (slug, action) that plugins add to this destination."""
        return list(self._collect("register_actions", _is_named_action, destination=destination))

    def presets(self, destination: str) -> list[Contribution]:
        """Return every preset that plugins add to this destination."""
        is_preset = _has_text(Preset, "name")
        return list(self._collect("register_presets", is_preset, destination=destination))

    def directives(self) -> list[Contribution]:
        """Return every directive that plugins add to the mapping language."""
        return list(self._collect("register_directives", _has_text(Directive, "name")))

    def commands(self) -> list[Contribution]:
        """Return every command that plugins add to `dkit`."""
        return list(self._collect("register_commands", _has_text(Command, "name")))

    def observers(self) -> dict[str, Callable[[ResultRecord], None]]:
        """Return each plugin's `on_result`, by the plugin's name."""
        return {
            name: _bind_observer(manager)
            for name, manager in sorted(self.managers.items())
            if _implements(manager, "on_result")
        }

    def _collect(
        self, hook: str, is_expected: Callable[[object], bool], **arguments: str
    ) -> Iterator[Contribution]:
        # The order of entry points differs between installations. Without a sort, so would the
        # order of the catalog and of its failures.
        calls = {
            name: _HookCall(partial(_call_hook, manager, hook, arguments))
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
                self._leave_out(name, f"{hook} failed: {_describe_error(error)}")
                continue
            for record in records:
                if is_expected(record):
                    yield Contribution(name, name in self.own, record)
                else:
                    returned = type(record).__name__
                    message = f"{hook} returned {returned}, which is not what it asks for"
                    self._leave_out(name, message)

    def _leave_out(self, plugin: str, message: str) -> None:
        self.failures.append(PluginFailure(plugin, message))


def resolve_name_conflicts(
    plugins: Plugins,
    kind: str,
    named: Iterable[tuple[str, Contribution]],
    reserved: Iterable[str] = (),
) -> Iterator[tuple[str, Contribution]]:
    """Yield the contributions that may keep their name; record the others as failures.

    A name in `reserved` is kept by its present owner. Of several plugins with one name the kit's own
    plugin wins; of others none does, because the order of their names must not choose.
    """
    by_name: defaultdict[str, list[Contribution]] = defaultdict(list)
    for name, contribution in named:
        by_name[name].append(contribution)
    for name, contributions in by_name.items():
        own = [contribution for contribution in contributions if contribution.own]
        winners = contributions if len(contributions) == 1 else own[:1]
        if name in reserved:
            winners = []
        for contribution in contributions:
            if contribution in winners:
                yield name, contribution
                continue
            plugin = contribution.plugin
            rivals = [rival.plugin for rival in contributions if rival is not contribution]
            owners = " and ".join(rivals) or "the kit or the destination itself"
            message = f"the {kind} {name!r} is brought by {owners} as well; not loaded"
            plugins.failures.append(PluginFailure(plugin, message))


def _implements(manager: pluggy.PluginManager, hook: str) -> bool:
    return bool(getattr(manager.hook, hook).get_hookimpls())


def _bind_observer(manager: pluggy.PluginManager) -> Callable[[ResultRecord], None]:
    return lambda record: manager.hook.on_result(record=record)


def _has_text(record_type: type, attribute: str) -> Callable[[object], bool]:
    """Return a predicate of records of a type whose name, by which they are kept, is a text."""
    return lambda record: (
        isinstance(record, record_type) and isinstance(getattr(record, attribute), str)
    )


def _is_named_action(record: object) -> bool:
    match record:
        case (str(), Action()):
            return True
        case _:
            return False


def _call_hook(
    manager: pluggy.PluginManager, hook: str, arguments: Mapping[str, str]
) -> list[object]:
    # A hook may be a generator that hangs. If the caller iterated over it, the time limit would not
    # apply.
    return [record for records in getattr(manager.hook, hook)(**arguments) for record in records]


class _HookCall:
    """A call of a plugin's hook on a thread of its own.

    Python cannot stop a thread, so one that hangs stays behind. It is a daemon, which lets the
    process exit all the same.
    """

    def __init__(self, call: Callable[[], list[object]]) -> None:
        self._call = call
        self._records: list[object] | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._run, name="destination_kit plugin", daemon=True
        )
        self._thread.start()

    def _run(self) -> None:
        try:
            self._records = self._call()
        except BaseException as error:  # noqa: BLE001 - a thread cannot raise into its caller, so `wait` does
            self._error = error

    def wait(self, until: float, seconds: float) -> list[object]:
        """Return the records, or raise what the hook raised; by `until`, in monotonic seconds.

        Raises `TimeoutError` if the hook hangs; its message names the `seconds` of the limit.
        """
        self._thread.join(max(0.0, until - monotonic()))
        if self._error is not None:
            raise self._error
        if self._records is None:
            message = f"it had not returned after {seconds:g} s"
            raise TimeoutError(message)
        return self._records


def _describe_invalid(plugin: object, error: pluggy.PluginValidationError) -> str:
    """Return why pluggy refuses a plugin, with a suggestion for a hook that does not exist."""
    marker = f"{hookspecs.PROJECT}_impl"
    for name in dir(plugin):
        if hasattr(getattr(plugin, name, None), marker) and name not in _HOOK_NAMES:
            return f"there is no hook {name!r}{did_you_mean(name, _HOOK_NAMES)}"
    return str(error)


def _describe_error(error: BaseException) -> str:
    """Return an error with the last line of the plugin's own code in its traceback, if any."""
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
