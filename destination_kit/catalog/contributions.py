"""Contributions of plugins, checked and put together: destinations, actions, presets, directives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from destination_kit.plugins import (
    Contribution,
    PluginFailure,
    Plugins,
    describe_error,
    resolve_name_conflicts,
)

if TYPE_CHECKING:
    from destination_kit.definitions import Action, Destination, Preset
    from destination_kit.directive_interface import Directive
    from destination_kit.errors import Problem


_DIRECTIVE_NAME = re.compile(r"@[A-Za-z][A-Za-z0-9_-]{0,62}")
_DIRECTIVE_RULE = "needs @ and up to 63 letters, digits, _ and - as its name, a letter first"


def gather_directives(plugins: Plugins) -> dict[str, Directive]:
    """Return the directives of plugins by name; see `with_built_in` for all of them."""
    named = []
    for contribution in plugins.directives():
        if _DIRECTIVE_NAME.fullmatch(contribution.name):
            named.append(contribution)
        else:
            message = f"the directive {contribution.name[:80]!r} {_DIRECTIVE_RULE}; not loaded"
            plugins.failures.append(PluginFailure(contribution.plugin, message))
    added: dict[str, Directive] = {}
    built_in = with_built_in({}) if named else {}
    for contribution in resolve_name_conflicts(plugins, "directive", named, built_in):
        added[contribution.name] = contribution.item
        plugins.record_contribution("directives", contribution.name, contribution.plugin)
    return added


def with_built_in(added: Mapping[str, Directive]) -> dict[str, Directive]:
    """Return the built-in directives and these, by name."""
    # The compilers of the mapping language take 15 ms to import. A command that compiles no
    # mapping, such as `dkit list`, needs none of them.
    from destination_kit.mapping import DIRECTIVES

    return {**DIRECTIVES, **added}


def gather_destinations(
    plugins: Plugins, added_directives: Mapping[str, Directive]
) -> dict[str, Destination]:
    """Return every destination without faults, with its extra actions and presets, by slug.

    The definitions of the kit's own distribution are taken as they are.
    """
    found = resolve_name_conflicts(plugins, "destination", plugins.destinations())
    destinations = {}
    for contribution in sorted(found, key=attrgetter("name")):
        slug, destination = contribution.name, contribution.item
        label = f"destination {slug}"
        check = partial(_check_destination, destination, added_directives)
        check_triggers = partial(_check_triggers, destination)
        # The kit's own tests check its own definitions (`check_destination`). To compile their
        # mappings and schemas here would take 25 ms of each start.
        if contribution.own or _accept(plugins, contribution, label, check, check_triggers):
            plugins.record_contribution("destinations", slug, contribution.plugin)
            destinations[slug] = _extend_destination(plugins, destination, added_directives)
    return destinations


# These five import the checks when a plugin's contribution needs one. A start that finds only
# definitions of the kit's own distribution makes no check, so it does not load the module.


def _check_destination(
    destination: Destination, added_directives: Mapping[str, Directive]
) -> Iterable[Problem]:
    from destination_kit.definition_checks import check_destination_structure

    return check_destination_structure(destination, with_built_in(added_directives))


def _check_action(
    slug: str, action: Action, added_directives: Mapping[str, Directive]
) -> Iterable[Problem]:
    from destination_kit.definition_checks import check_action_structure

    return check_action_structure(slug, action, with_built_in(added_directives))


def _check_preset(
    destination: Destination,
    preset: Preset,
    index: int,
    added_directives: Mapping[str, Directive],
) -> Iterable[Problem]:
    from destination_kit.definition_checks import check_preset

    return check_preset(destination, preset, index, with_built_in(added_directives))


def _check_triggers(destination: Destination) -> Iterable[Problem]:
    from destination_kit.definition_checks import check_default_triggers

    return check_default_triggers(destination)


def _check_trigger(trigger: str | None, *where: str | int) -> Iterable[Problem]:
    from destination_kit.definition_checks import check_trigger

    return check_trigger(trigger, *where, "trigger")


def describe_bad_triggers(
    plugin: str, label: str, problems: Iterable[Problem]
) -> Iterator[PluginFailure]:
    """Yield a failure for each default trigger that cannot be read; all else is loaded."""
    for problem in problems:
        message = f"{label}: a subscription needs a trigger of its own, since {problem}"
        yield PluginFailure(plugin, message)


def _extend_destination(
    plugins: Plugins, destination: Destination, added_directives: Mapping[str, Directive]
) -> Destination:
    actions = {**destination.actions, **_gather_actions(plugins, destination, added_directives)}
    extended = replace(destination, actions=actions)
    presets: list[Preset] = []
    # A preset may name an action of a plugin. A check before the actions are added would refuse it.
    for contribution in plugins.presets(destination.slug):
        preset = contribution.item
        name = f"{destination.slug}/{contribution.name}"
        check = partial(_check_preset, extended, preset, len(presets), added_directives)
        check_triggers = partial(_check_trigger, preset.trigger, "presets", len(presets))
        if _accept(plugins, contribution, f"preset {name}", check, check_triggers):
            presets.append(preset)
            plugins.record_contribution("presets", name, contribution.plugin)
    return replace(extended, presets=(*destination.presets, *presets))


def _gather_actions(
    plugins: Plugins, destination: Destination, added_directives: Mapping[str, Directive]
) -> dict[str, Action]:
    found = plugins.actions(destination.slug)
    actions = {}
    for contribution in resolve_name_conflicts(plugins, "action", found, destination.actions):
        slug, action = contribution.name, contribution.item
        name = f"{destination.slug}/{slug}"
        check = partial(_check_action, slug, action, added_directives)
        check_triggers = partial(_check_trigger, action.trigger, "actions", slug)
        if _accept(plugins, contribution, f"action {name}", check, check_triggers):
            actions[slug] = action
            plugins.record_contribution("actions", name, contribution.plugin)
    return actions


def _accept(
    plugins: Plugins,
    contribution: Contribution,
    label: str,
    check: Callable[[], Iterable[Problem]],
    check_triggers: Callable[[], Iterable[Problem]],
) -> bool:
    """Return whether the check yields no problem; record a failure of the plugin otherwise.

    A default trigger that cannot be read is a failure too, but of this trigger alone.
    """
    try:
        problems = "; ".join(map(str, check()))
    except Exception as error:  # noqa: BLE001 - one faulty plugin must not keep the others from loading
        problems = describe_error(error)
    if problems:
        message = f"{label} is not well defined: {problems}"
        plugins.failures.append(PluginFailure(contribution.plugin, message))
        return False
    plugins.failures += describe_bad_triggers(contribution.plugin, label, check_triggers())
    return True
