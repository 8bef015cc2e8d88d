"""Whether a destination keeps the rules that hosts rely on, and the sentence for each that it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

import httpx

from destination_kit._json import Json, JsonObject, pointer
from destination_kit.definitions import Destination
from destination_kit.errors import ConfigurationError, Problem
from destination_kit.fields import collect_secret_names
from destination_kit.results import Delivered
from destination_kit.testing.generators import Hints, NothingFitsError, make_payloads, make_settings
from destination_kit.testing.harness.capture import compile_find
from destination_kit.testing.harness.runner import Plan, Respond, Seen, Trial, configured, deliver
from destination_kit.testing.network import no_network
from destination_kit.testing.rules.cancellation import check_interruptions
from destination_kit.testing.rules.definition import check_defaults, check_definition
from destination_kit.testing.rules.delivery import (
    check_batch,
    check_reach,
    check_refusals,
    check_run,
)
from destination_kit.testing.rules.lookups import check_authentication, check_choices
from destination_kit.testing.rules.subscriptions import check_subscriptions

Run: TypeAlias = tuple[Seen, Sequence[Problem]]
Values: TypeAlias = Mapping[str, Sequence[Json]]

_NONE: Final[Values] = MappingProxyType({})
_FEW: Final = 2  # payloads that are sent again and again
_RAW: Final = ("what it returns", "an exception that it raises")  # the kit masks them


def accept(_: httpx.Request) -> httpx.Response:
    """Answer as a partner that takes everything and says nothing."""
    return httpx.Response(200, json={})


def check_destination(
    destination: Destination,
    *,
    answer: Respond = accept,
    values: Values = _NONE,
    seed: int = 0,
    count: int = 12,
) -> None:
    """Raise `AssertionError` where a destination breaks a rule, with a sentence for each.

    See `find_problems`.
    """
    problems = find_problems(destination, answer=answer, values=values, seed=seed, count=count)
    if problems:
        lines = (f"- {each.path or '/'} {each.code}: {each.message}" for each in problems)
        raise AssertionError("\n".join((f"{destination.slug} breaks the rules:", *lines)))


def find_problems(
    destination: Destination,
    *,
    answer: Respond = accept,
    values: Values = _NONE,
    seed: int = 0,
    count: int = 12,
) -> tuple[Problem, ...]:
    """Return every rule that a destination breaks: a place in its record, a code and a sentence.

    Its functions run in the real pipeline against a partner that gives `answer` to each request
    (the same to the same request), refuses, or never answers; nothing reaches a network. Settings
    and `count` payloads for each action are made up of the schemas, the same ones for the same
    `seed`; `values` holds, by the name of a field or setting, those that nobody can make up. It
    runs event loops of its own, so it is not for code that runs in one.
    """
    _refuse_a_running_loop()
    hints = Hints(values, destination.hosts)
    with no_network():
        if problems := tuple(check_definition(destination)):
            return problems
        problems = tuple(check_defaults(destination))
        try:
            settings = make_settings(destination.settings, hints, seed)
        except NothingFitsError as error:
            return (*problems, Problem(f"/settings{error.place}", "SETTINGS", str(error)))
        trial = Trial(
            destination=destination,
            settings=settings,
            hints=hints,
            answer=answer,
            seed=seed,
            count=count,
        )
        refused = tuple(_refused_settings(trial))
        return tuple(dict.fromkeys((*problems, *(refused or _tried(trial)))))


def _refuse_a_running_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    msg = "this check runs event loops of its own: call it from a test that is not async"
    raise RuntimeError(msg)


def _refused_settings(trial: Trial) -> Iterator[Problem]:
    """Yield what keeps the destination from being configured at all."""
    try:
        configured(trial, trial.destination)
    except ConfigurationError as error:
        for each in error.problems:
            message = f"with settings that fit the schema: {each.message}"
            yield Problem(each.path, each.code, message)


def _tried(trial: Trial) -> Iterator[Problem]:
    for slug, action in trial.destination.actions.items():
        yield from _searched(trial, ("actions", slug), f"`{slug}`", _action(trial, slug))
        for field in action.choices:
            listing = check_choices(trial, slug, field)
            what = f"what lists `{field}` of `{slug}`"
            yield from _searched(trial, ("actions", slug, "choices", field), what, listing)
    asking = check_authentication(trial)
    yield from _searched(trial, ("authentication", "test"), "`authentication.test`", asking)


def _action(trial: Trial, slug: str) -> Iterator[Run]:
    """Yield every run of an action, and what is wrong with it."""
    action = trial.destination.actions[slug]
    try:
        payloads = make_payloads(action.fields, trial.hints, trial.count, trial.seed)
    except NothingFitsError as error:
        place = pointer("actions", slug, "fields") + error.place
        yield Seen(), [Problem(place, "FIELDS", f"the payload of `{slug}`: {error}")]
        return
    yield from check_subscriptions(trial, slug)
    alone = deliver(trial, slug, payloads, Plan())
    problems = (*check_run(slug, alone, "perform", payloads), *check_reach(slug, alone.results))
    yield alone, problems
    pairs = zip(payloads, alone.results, strict=True)
    good = [payload for payload, result in pairs if isinstance(result, Delivered)][:_FEW]
    modes = {"perform": Plan()}
    if action.perform_batch:
        yield from _batches(trial, slug, payloads, alone)
        modes["perform_batch"] = Plan(batching=True)
    for function, mode in modes.items():
        yield from check_refusals(trial, slug, good, function, mode)
        for payload in good:
            yield from check_interruptions(trial, slug, payload, function, mode)


def _batches(trial: Trial, slug: str, payloads: Sequence[JsonObject], alone: Seen) -> Iterator[Run]:
    apart = deliver(trial, slug, payloads, Plan(batching=True))
    together = deliver(trial, slug, payloads, Plan(batching=True, together=True))
    yield apart, tuple(check_run(slug, apart, "perform_batch", payloads))
    own = tuple(check_run(slug, together, "perform_batch", payloads))
    yield together, own or tuple(check_batch(slug, payloads, alone, together, apart))


def _searched(
    trial: Trial, place: tuple[str, ...], what: str, runs: Iterable[Run]
) -> Iterator[Problem]:
    """Yield what is wrong with runs, and each secret that one of them shows."""
    names = collect_secret_names(trial.destination.settings)
    secrets = {name: trial.settings.get(name) for name in sorted(names)}
    find = compile_find({name: text for name, text in secrets.items() if isinstance(text, str)})
    for seen, problems in runs:
        yield from problems
        for where, text in seen.outputs.texts:
            if name := find(text):
                message = f"{what} shows the secret setting `{name}` in {where}"
                yield Problem(pointer(*place), "SECRET", message)
            elif where not in _RAW and any(each in text for each in seen.hidden):
                message = f"{what} shows a secret field of its payload in {where}"
                yield Problem(pointer(*place), "SECRET", message)
