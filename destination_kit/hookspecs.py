"""Every way into the kit, on one page: each docstring is the contract of its hook.

A plugin is a module or object with functions of these names, marked with `hookimpl`, and an entry
point in the group `destination_kit` that names it. Hooks contribute and observe; they are called
while a catalog is built, in the order of the plugins' names, and never per event (but
`on_result`). An implementation may take fewer arguments than its hook offers, never others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from destination_kit.definitions import Action, Destination, Directive, Preset
    from destination_kit.results import ResultRecord

PROJECT = "destination_kit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_destinations() -> Iterable[Destination]:  # type: ignore[empty-body]
    """Return the destinations that this plugin brings.

    Of two plugins with one slug the kit's own wins; between two others neither is loaded, because
    a survivor chosen by luck would get the operator's token.
    """


@hookspec
def register_actions(destination: str) -> Iterable[tuple[str, Action]]:  # type: ignore[empty-body]
    """Return extra actions, as (slug, action), for the destination with this slug.

    Called once for each destination. An action runs with that destination's settings, hosts and
    credentials. A name that the destination already has is refused.
    """


@hookspec
def register_presets(destination: str) -> Iterable[Preset]:  # type: ignore[empty-body]
    """Return ready-made subscriptions for the destination with this slug.

    Called once for each destination, after its actions are known. A preset names one of them, and
    its trigger and mapping must compile.
    """


@hookspec
def register_directives() -> Iterable[Directive]:  # type: ignore[empty-body]
    """Return words to add to the mapping language; their names start with `@`.

    Every example of a directive must be true. A name that is already taken is refused.
    """


@hookspec
def on_result(record: ResultRecord) -> None:
    """Observe what became of an event in one subscription.

    Called off the hot path, on a thread of its own, soon after the result is final. What an
    observer raises is logged and harms nobody; one that is slow delays only other observers, and
    when it falls thousands of records behind, the newest are left out and counted in the log.
    """
