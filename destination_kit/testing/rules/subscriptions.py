"""Subscriptions as an operator finds them: the default ones of actions, and presets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from destination_kit import fql
from destination_kit._json import Json, JsonObject, as_array, pointer
from destination_kit.definitions import Action, Preset
from destination_kit.errors import ConfigurationError, Problem
from destination_kit.fields import collect_defaults
from destination_kit.results import Result
from destination_kit.runtime import Live
from destination_kit.testing.events import events_of_every_type
from destination_kit.testing.generators import Hints, make_payloads
from destination_kit.testing.harness.runner import TAKEN, Plan, Seen, Trial, configured, run
from destination_kit.testing.harness.spy import watched
from destination_kit.testing.rules.delivery import check_run

_ANY = 'type = "track"'


def default_subscription(action: str, definition: Action, hints: Hints, seed: int) -> JsonObject:
    """Return the subscription that an action suggests.

    What it requires and suggests nothing for is made up; without a default trigger it is for
    track events.
    """
    [made_up] = make_payloads(definition.fields, hints, 1, seed)
    required = definition.fields.get("required")
    names = as_array(required)
    suggested = collect_defaults(definition.fields)
    missing = [str(name) for name in names if name not in suggested]
    return {
        "name": action,
        "action": action,
        "trigger": definition.trigger or _ANY,
        "useDefaultMapping": True,
        "mapping": {name: {"@literal": made_up[name]} for name in missing},
    }


def check_subscriptions(trial: Trial, slug: str) -> Iterator[tuple[Seen, Sequence[Problem]]]:
    """Yield runs of an action with its defaults, and of its presets, and what is wrong with them."""
    definition = trial.destination.actions[slug]
    own = default_subscription(slug, definition, trial.hints, trial.seed)
    yield _subscribed(trial, slug, own, "actions", slug, "fields")
    for index, preset in enumerate(trial.destination.presets):
        if preset.action == slug:
            yield _subscribed(trial, slug, _taken(preset, definition), "presets", index)


def _taken(preset: Preset, action: Action) -> JsonObject:
    trigger = preset.trigger or action.trigger or _ANY
    mapping: Mapping[str, Json] = preset.mapping
    return {"name": preset.name, "action": preset.action, "trigger": trigger, "mapping": mapping}


def _subscribed(
    trial: Trial, slug: str, subscription: JsonObject, *where: str | int
) -> tuple[Seen, Sequence[Problem]]:
    seen = Seen()
    actions = {slug: watched(trial.destination.actions[slug], seen.watch)}
    try:
        instance = configured(
            trial, replace(trial.destination, actions=actions, presets=()), subscription
        )
    except ConfigurationError as error:
        return seen, [_unfit(each, *where) for each in error.problems]
    except Exception as error:  # noqa: BLE001 - `subscription_warnings` is an author's code
        message = f"`subscription_warnings` raises {type(error).__name__} ({error}) for a subscription of `{slug}`"
        return seen, [Problem("/subscription_warnings", "ADVICE", message)]
    events = _events(str(subscription["trigger"]))

    async def send(live: Live) -> list[Result]:
        outcomes = await live.send(events, received_at=TAKEN)
        return [each.result for outcome in outcomes for each in outcome.results]

    seen.results = run(trial, instance, send, seen, Plan()) or []
    problems = list(check_run(slug, seen, "perform"))
    with seen.outputs.capturing():
        previews = [asyncio.run(instance.preview(each)) for each in events]
    seen.outputs.add("its preview", previews)
    return seen, problems


def _unfit(problem: Problem, *where: str | int) -> Problem:
    path = problem.path.removeprefix("/subscriptions/0").removeprefix("/mapping")
    message = f"nobody can subscribe to it as it is: {problem.message}"
    return Problem(pointer(*where) + path, "SUBSCRIPTION", message)


def _events(trigger: str) -> list[JsonObject]:
    """Return events of every type, under each name that the trigger asks for as well."""
    events = events_of_every_type()
    names = fql.event_names(fql.parse_trigger(trigger)) or ()
    return [*events.values(), *({**events["track"], "event": name} for name in sorted(names))]
