"""Contributions of plugins, checked and put together: destinations, actions, presets, directives."""

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
    for contribution in plugins.directives():
        name = contribution.item.name
        if name.startswith("@"):
            named.append((name, contribution))
        else:
            message = f"the directive {name!r} does not start with @; not loaded"
            plugins.failures.append(PluginFailure(contribution.plugin, message))
    added = {}
    for name, contribution in resolve_name_conflicts(plugins, "directive", named, DIRECTIVES):
        added[name] = contribution.item
        plugins.record_contribution("directives", name, contribution.plugin)
    return {**DIRECTIVES, **added}


def gather_destinations(
    plugins: Plugins, directives: Mapping[str, Directive]
) -> dict[str, Destination]:
    """Return every destination without faults, with its extra actions and presets, by slug."""
    named = [(contribution.item.slug, contribution) for contribution in plugins.destinations()]
    destinations = {}
    for slug, contribution in sorted(resolve_name_conflicts(plugins, "destination", named)):
        destination = contribution.item
        check = partial(check_destination_structure, destination, directives)
        if _accept(plugins, contribution, f"destination {slug}", check):
            plugins.record_contribution("destinations", slug, contribution.plugin)
            destinations[slug] = _extend_destination(plugins, destination, directives)
    return destinations


def _extend_destination(
    plugins: Plugins, destination: Destination, directives: Mapping[str, Directive]
) -> Destination:
    actions = {**destination.actions, **_gather_actions(plugins, destination, directives)}
    extended = replace(destination, actions=actions)
    presets: list[Preset] = []
    # A preset may name an action of a plugin. A check before the actions are added would refuse it.
    for contribution in plugins.presets(destination.slug):
        preset = contribution.item
        name = f"{destination.slug}/{preset.name}"
        check = partial(check_preset, extended, preset, len(presets), directives)
        if _accept(plugins, contribution, f"preset {name}", check):
            presets.append(preset)
            plugins.record_contribution("presets", name, contribution.plugin)
    return replace(extended, presets=(*destination.presets, *presets))


def _gather_actions(
    plugins: Plugins, destination: Destination, directives: Mapping[str, Directive]
) -> dict[str, Action]:
    contributions = plugins.actions(destination.slug)
    named = [(contribution.item[0], contribution) for contribution in contributions]
    actions = {}
    for slug, contribution in resolve_name_conflicts(plugins, "action", named, destination.actions):
        action, name = contribution.item[1], f"{destination.slug}/{slug}"
        check = partial(check_action_structure, slug, action, directives)
        if _accept(plugins, contribution, f"action {name}", check):
            actions[slug] = action
            plugins.record_contribution("actions", name, contribution.plugin)
    return actions


def _accept(
    plugins: Plugins,
    contribution: Contribution,
    label: str,
    check: Callable[[], Iterable[Problem]],
) -> bool:
    """Return whether the check yields no problem; record a failure of the plugin otherwise."""
    try:
        problems = "; ".join(map(str, check()))
    except Exception as error:  # noqa: BLE001 - one faulty plugin must not keep the others from loading
        problems = f"{type(error).__name__}: {error}"
    if problems:
        message = f"{label} is not well defined: {problems}"
        plugins.failures.append(PluginFailure(contribution.plugin, message))
    return not problems
