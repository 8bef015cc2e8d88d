"""What the plugins bring, put together: the kit's own first, nothing by luck, nothing unchecked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from destination_kit.catalog.definition_checks import (
    check_action_structure,
    check_destination_structure,
    check_preset,
)
from destination_kit.mapping import DIRECTIVES
from destination_kit.plugins import Contribution, PluginFailure, Plugins, resolve_name_conflicts

if TYPE_CHECKING:
    from destination_kit.definitions import Action, Destination, Directive, Preset
    from destination_kit.errors import Problem


def gather_directives(plugins: Plugins) -> dict[str, Directive]:
    """Return the built-in directives and those of plugins, by name."""
    named = []
    for each in plugins.directives():
        if each.item.name.startswith("@"):
            named.append((each.item.name, each))
        else:
            message = f"the directive {each.item.name!r} does not start with @; not loaded"
            plugins.failures.append(PluginFailure(each.plugin, message))
    found = {}
    for name, each in resolve_name_conflicts(plugins, "directive", named, DIRECTIVES):
        found[name] = each.item
        plugins.record_contribution("directives", name, each.plugin)
    return {**DIRECTIVES, **found}


def gather_destinations(
    plugins: Plugins, directives: Mapping[str, Directive]
) -> dict[str, Destination]:
    """Return every sound destination with its extra actions and presets, by slug."""
    named = [(each.item.slug, each) for each in plugins.destinations()]
    found = {}
    for slug, each in sorted(resolve_name_conflicts(plugins, "destination", named)):
        check = partial(check_destination_structure, each.item, directives)
        if _is_sound(plugins, each, f"destination {slug}", check):
            plugins.record_contribution("destinations", slug, each.plugin)
            found[slug] = _extended(plugins, each.item, directives)
    return found


def _extended(
    plugins: Plugins, destination: Destination, directives: Mapping[str, Directive]
) -> Destination:
    actions = {**destination.actions, **_actions(plugins, destination, directives)}
    extended = replace(destination, actions=actions)
    presets: list[Preset] = []
    for each in plugins.presets(destination.slug):
        check = partial(check_preset, extended, each.item, len(presets), directives)
        if _is_sound(plugins, each, f"preset {destination.slug}/{each.item.name}", check):
            presets.append(each.item)
            plugins.record_contribution(
                "presets", f"{destination.slug}/{each.item.name}", each.plugin
            )
    return replace(extended, presets=(*destination.presets, *presets))


def _actions(
    plugins: Plugins, destination: Destination, directives: Mapping[str, Directive]
) -> dict[str, Action]:
    named = [(each.item[0], each) for each in plugins.actions(destination.slug)]
    found = {}
    for slug, each in resolve_name_conflicts(plugins, "action", named, destination.actions):
        check = partial(check_action_structure, slug, each.item[1], directives)
        if _is_sound(plugins, each, f"action {destination.slug}/{slug}", check):
            found[slug] = each.item[1]
            plugins.record_contribution("actions", f"{destination.slug}/{slug}", each.plugin)
    return found


def _is_sound(
    plugins: Plugins, each: Contribution, what: str, check: Callable[[], Iterable[Problem]]
) -> bool:
    """Return whether a check finds nothing; what it finds, or trips over, is recorded."""
    try:
        problems = "; ".join(map(str, check()))
    except Exception as error:  # noqa: BLE001 - a stranger's record can hold anything
        problems = f"{type(error).__name__}: {error}"
    if problems:
        plugins.failures.append(
            PluginFailure(each.plugin, f"{what} is not well defined: {problems}")
        )
    return not problems
