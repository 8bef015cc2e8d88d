"""Rules of subscriptions: the default subscription of each action, and the presets."""

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
from destination_kit.testing.harness.runner import (
    RECEIVED_AT,
    Recording,
    Scenario,
    Subject,
    configure_subject,
    run,
)
from destination_kit.testing.harness.spy import spy_on
from destination_kit.testing.rules.delivery import check_run

_DEFAULT_TRIGGER = 'type = "track"'


def default_subscription(action: str, definition: Action, hints: Hints, seed: int) -> JsonObject:
    """Return a subscription with the action's default trigger and mapping.

    Required fields without a default get generated values. Without a default trigger that can be
    read, the subscription is for track events.
    """
    [generated] = make_payloads(definition.fields, hints, 1, seed)
    required = as_array(definition.fields.get("required"))
    defaults = collect_defaults(definition.fields)
    trigger = definition.trigger if fql.is_readable(definition.trigger) else _DEFAULT_TRIGGER
    missing = [str(name) for name in required if name not in defaults]
    return {
        "name": action,
        "action": action,
        "trigger": trigger,
        "useDefaultMapping": True,
        "mapping": {name: {"@literal": generated[name]} for name in missing},
    }


def check_subscriptions(
    subject: Subject, slug: str
) -> Iterator[tuple[Recording, Sequence[Problem]]]:
    """Yield runs of an action with its defaults and of its presets, with their problems."""
    definition = subject.destination.actions[slug]
    subscription = default_subscription(slug, definition, subject.hints, subject.seed)
    yield _try_subscription(subject, slug, subscription, "actions", slug, "fields")
    for index, preset in enumerate(subject.destination.presets):
        if preset.action == slug:
            yield _try_subscription(
                subject, slug, preset_subscription(preset, definition), "presets", index
            )


def preset_subscription(preset: Preset, action: Action) -> JsonObject:
    """Return the subscription that a preset makes; without any trigger it is for track events."""
    trigger = preset.trigger or action.trigger or _DEFAULT_TRIGGER
    mapping: Mapping[str, Json] = preset.mapping
    return {"name": preset.name, "action": preset.action, "trigger": trigger, "mapping": mapping}


def _try_subscription(
    subject: Subject, slug: str, subscription: JsonObject, *where: str | int
) -> tuple[Recording, Sequence[Problem]]:
    recording = Recording()
    actions = {slug: spy_on(subject.destination.actions[slug], recording.spy)}
    try:
        instance = configure_subject(
            subject, replace(subject.destination, actions=actions, presets=()), subscription
        )
    except ConfigurationError as error:
        problems = [_as_subscription_problem(found, slug, *where) for found in error.problems]
        return recording, problems
    events = _events(str(subscription["trigger"]))

    async def send(live: Live) -> list[Result]:
        event_results = await live.send(events, received_at=RECEIVED_AT)
        return [found.result for event_result in event_results for found in event_result.results]

    recording.results = run(subject, instance, send, recording, Scenario()) or []
    problems = list(check_run(slug, recording, "perform"))
    with recording.outputs.capturing():
        previews = [asyncio.run(instance.preview(event)) for event in events]
    recording.outputs.add("its preview", previews)
    return recording, problems


def _as_subscription_problem(problem: Problem, slug: str, *where: str | int) -> Problem:
    if problem.code == "ADVICE":
        message = f"{problem.message}, for a subscription of `{slug}`"
        return Problem("/subscription_warnings", "ADVICE", message)
    path = problem.path.removeprefix("/subscriptions/0").removeprefix("/mapping")
    message = f"an operator cannot subscribe to it as it is: {problem.message}"
    return Problem(pointer(*where) + path, "SUBSCRIPTION", message)


def _events(trigger: str) -> list[JsonObject]:
    """Return events of every type, and a track event with each name that the trigger names."""
    events = events_of_every_type()
    names = fql.event_names(fql.parse_trigger(trigger)) or ()
    return [*events.values(), *({**events["track"], "event": name} for name in sorted(names))]
