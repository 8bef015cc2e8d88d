"""The plugin hooks. Each docstring is the hook's contract.

A plugin is a module or object with functions of these names, marked with `hookimpl`, and an entry
point in the group `destination_kit` that names it. The kit calls hooks while it builds a catalog,
in the order of the plugins' names; only `on_result` runs later, and `register_commands` in `dkit`
alone. An implementation may take fewer arguments than its hook offers, never others. It returns at
most 10,000 records within the catalog's `hook_timeout`; one that does not end is ended, and named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from destination_kit.command_interface import Command
    from destination_kit.definitions import Action, Destination, Preset
    from destination_kit.directive_interface import Directive
    from destination_kit.results import ResultRecord

PROJECT = "destination_kit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Decorator that marks a function of a plugin as the implementation of a hook."""


@hookspec
def register_destinations() -> Iterable[Destination]:  # type: ignore[empty-body]  # pluggy never calls a specification
    """Return the destinations that this plugin brings; the kit copies them.

    Of two plugins with one slug the kit's own wins, which is the code that runs beside the kit. Of two others neither is loaded, because the
    one that luck chose would receive the operator's token.
    """


@hookspec
def register_actions(destination: str) -> Iterable[tuple[str, Action]]:  # type: ignore[empty-body]  # pluggy never calls a specification
    """Return extra actions, as (slug, action), for the destination with this slug.

    The kit calls it once for each destination. An action runs with that destination's settings,
    hosts and credentials. The slug of an action that the destination has is refused.
    """


@hookspec
def register_presets(destination: str) -> Iterable[Preset]:  # type: ignore[empty-body]  # pluggy never calls a specification
    """Return ready-made subscriptions for the destination with this slug.

    The kit calls it once for each destination, after `register_actions`. A preset names an action
    of the destination, and its mapping must compile. A trigger that cannot be read is named, and
    the rest of the preset stays.
    """


@hookspec
def register_directives() -> Iterable[Directive]:  # type: ignore[empty-body]  # pluggy never calls a specification
    """Return directives to add to the mapping language; their names are `@` and a word.

    A directive gets copies of the event and of its argument, which it may change. Every example of a directive must hold. The name of a directive that exists is refused.
    """


@hookspec
def register_commands() -> Iterable[Command]:  # type: ignore[empty-body]  # pluggy never calls a specification
    """Return commands to add to `dkit`.

    Only `dkit` calls it, and no host. The name of a command of the kit is refused; of two plugins
    with one name neither is loaded. `dkit --help` imports every plugin to list its commands, so
    let `run` import what only the command needs.
    """


@hookspec
def on_result(record: ResultRecord) -> None:
    """Observe the result of an event in one subscription.

    The kit calls it soon after the result is final, on a thread of its own, off the hot path. An
    exception is logged and changes no result. A slow observer delays other observers only; when it
    falls thousands of records behind, the newest records are left out and counted in the log.
    """
