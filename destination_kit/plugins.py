"""The typed facade over pluggy: nothing else touches a plugin manager or calls a hook."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from traceback import extract_tb
from typing import Any, TypeVar

import pluggy

from destination_kit import hookspecs
from destination_kit.definitions import Action, Command, Destination, Directive, Preset
from destination_kit.errors import did_you_mean
from destination_kit.results import ResultRecord

OWN = "destination-kit"
HOOKS = [
    name for name, each in vars(hookspecs).items() if hasattr(each, f"{hookspecs.PROJECT}_spec")
]
HOOK_TIMEOUT = 10.0  # seconds
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin, or something that it brings, which was left out, and why."""

    plugin: str
    message: str


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that was loaded: the hooks it has, and what it brings, as kind -> names.

    `distribution` and `version` are None where it was not installed.
    """

    plugin: str
    distribution: str | None
    version: str | None
    hooks: tuple[str, ...]
    brings: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Contribution:
    """Something that a plugin brings; `own` where the plugin is part of the kit's distribution."""

    plugin: str
    own: bool
    item: Any


@dataclass(slots=True)
class Plugins:
    """The registered plugins, and what was left out.

    Each plugin has a manager of its own, so that nothing that one does can reach another. A hook
    that has not returned after `hook_timeout` seconds is left behind.
    """

    managers: dict[str, pluggy.PluginManager] = field(default_factory=dict)
    failures: list[PluginFailure] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    hook_timeout: float = HOOK_TIMEOUT
    _distributions: dict[str, Distribution] = field(default_factory=dict)
    _kept: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @classmethod
    def installed(cls, *, hook_timeout: float = HOOK_TIMEOUT) -> Plugins:
        """Load the plugin of every entry point, one by one: a broken one harms no other."""
        plugins = cls(hook_timeout=hook_timeout)
        found = {(_name(each), each.value): each for each in entry_points(group=hookspecs.PROJECT)}
        for (name, _), entry in sorted(found.items()):
            try:
                plugin = entry.load()
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - a stranger's code may try to end the host
                plugins.failures.append(
                    PluginFailure(name, f"cannot be imported: {_placed(error)}")
                )
                continue
            own = entry.dist is not None and entry.dist.name == OWN
            if entry.dist:
                plugins._distributions[name] = entry.dist
            plugins.register(plugin, name, own=own)
        return plugins

    def register(self, plugin: object, name: str, *, own: bool = False) -> None:
        """Add a plugin; one with an unknown hook or argument is left out and recorded."""
        manager = pluggy.PluginManager(hookspecs.PROJECT)
        manager.add_hookspecs(hookspecs)
        try:
            manager.register(plugin, name)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            self.failures.append(PluginFailure(name, _refused(plugin, error)))
            return
        if not any(_has(manager, name) for name in HOOKS):
            message = "brings nothing: no function of it is marked with @hookimpl"
            self.failures.append(PluginFailure(name, message))
            return
        self.managers[name] = manager
        if own:
            self.own.add(name)

    def record_contribution(self, kind: str, name: str, plugin: str) -> None:
        """Note that something of a kind, such as `"actions"`, was found sound."""
        self._kept.setdefault(plugin, defaultdict(list))[kind].append(name)

    def loaded(self) -> Iterator[LoadedPlugin]:
        """Yield every plugin, with what was kept of it."""
        for name, manager in sorted(self.managers.items()):
            dist = self._distributions.get(name)
            kept = self._kept.get(name, {})
            yield LoadedPlugin(
                plugin=name,
                distribution=dist.name if dist else None,
                version=dist.version if dist else None,
                hooks=tuple(each for each in HOOKS if _has(manager, each)),
                brings={kind: tuple(names) for kind, names in kept.items()},
            )

    def destinations(self) -> list[Contribution]:
        """Return every destination that a plugin registers."""
        return list(self._gather("register_destinations", _is_named(Destination, "slug")))

    def actions(self, destination: str) -> list[Contribution]:
        """Return every (slug, action) that plugins add to this destination."""
        return list(self._gather("register_actions", _is_named_action, destination=destination))

    def presets(self, destination: str) -> list[Contribution]:
        """Return every preset that plugins add to this destination."""
        return list(
            self._gather("register_presets", _is_named(Preset, "name"), destination=destination)
        )

    def directives(self) -> list[Contribution]:
        """Return every directive that plugins add to the mapping language."""
        return list(self._gather("register_directives", _is_named(Directive, "name")))

    def commands(self) -> list[Contribution]:
        """Return every command that plugins add to `dkit`."""
        return list(self._gather("register_commands", _is_named(Command, "name")))

    def observers(self) -> dict[str, Callable[[ResultRecord], None]]:
        """Return each plugin's `on_result`, by the plugin's name."""
        return {
            name: _observer(manager)
            for name, manager in sorted(self.managers.items())
            if _has(manager, "on_result")
        }

    def _gather(
        self, hook: str, wanted: Callable[[object], bool], **arguments: str
    ) -> Iterator[Contribution]:
        for name, manager in sorted(self.managers.items()):
            if not _has(manager, hook):
                continue
            try:
                items = _in_time(partial(_call, manager, hook, arguments), self.hook_timeout)
            except BaseException as error:  # noqa: BLE001 - a stranger's, from a thread of its own
                self.failures.append(PluginFailure(name, f"{hook} failed: {_placed(error)}"))
                continue
            for item in items:
                if wanted(item):
                    yield Contribution(name, name in self.own, item)
                else:
                    message = (
                        f"{hook} returned {type(item).__name__}, which is not what it asks for"
                    )
                    self.failures.append(PluginFailure(name, message))


def resolve_name_conflicts(
    plugins: Plugins,
    kind: str,
    named: Iterable[tuple[str, Contribution]],
    taken: Iterable[str] = (),
) -> Iterator[tuple[str, Contribution]]:
    """Yield the contributions that may keep their name; record the others as failures.

    A name in `taken` is kept by its present owner. Of several plugins with one name the kit's own
    plugin wins; of others none does, because the order of their names must not choose.
    """
    by_name: defaultdict[str, list[Contribution]] = defaultdict(list)
    for name, contribution in named:
        by_name[name].append(contribution)
    for name, contributions in by_name.items():
        own = [contribution for contribution in contributions if contribution.own]
        winners = contributions if len(contributions) == 1 else own[:1]
        if name in taken:
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


def _observer(manager: pluggy.PluginManager) -> Callable[[ResultRecord], None]:
    return lambda record: manager.hook.on_result(record=record)


def _is_named(wanted: type, name: str) -> Callable[[object], bool]:
    return lambda item: isinstance(item, wanted) and isinstance(getattr(item, name), str)


def _has(manager: pluggy.PluginManager, hook: str) -> bool:
    return bool(getattr(manager.hook, hook).get_hookimpls())


def _call(manager: pluggy.PluginManager, hook: str, arguments: Mapping[str, str]) -> list[object]:
    return [item for items in getattr(manager.hook, hook)(**arguments) for item in items]


def _in_time(call: Callable[[], T], seconds: float) -> T:
    """Return what a stranger's function does; one that takes longer is left behind in a thread."""
    found: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            found.append(call())
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            raised.append(error)

    thread = threading.Thread(target=run, name="destination_kit plugin", daemon=True)
    thread.start()
    thread.join(seconds)
    for error in raised:
        raise error
    if not found:
        message = f"it had not returned after {seconds:g} s"
        raise TimeoutError(message)
    return found[0]


def _is_named_action(item: object) -> bool:
    match item:
        case (str(), Action()):
            return True
        case _:
            return False


def _name(entry: EntryPoint) -> str:
    return f"{entry.dist.name}:{entry.name}" if entry.dist else entry.name


def _refused(plugin: object, error: pluggy.PluginValidationError) -> str:
    """Return why a plugin is refused; of a hook that does not exist, the one that was meant."""
    for name in dir(plugin):
        if hasattr(getattr(plugin, name, None), f"{hookspecs.PROJECT}_impl") and name not in HOOKS:
            return f"there is no hook {name!r}{did_you_mean(name, HOOKS)}"
    return str(error)


def _placed(error: BaseException) -> str:
    """Return an exception with the last line of the plugin's own, if it has one."""
    frames = extract_tb(error.__traceback__)
    ours = f"{Path(__file__).parent}{os.sep}"
    foreign = (ours, threading.__file__, "<frozen")
    own = [each for each in frames if not each.filename.startswith(foreign)]
    try:
        told = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - a stranger's __str__
        told = type(error).__name__
    if not own:
        return told
    line = f": {own[-1].line}" if own[-1].line else ""
    return f"{told} ({own[-1].filename}, line {own[-1].lineno}{line})"
