"""Conformance of a destination: the rules that hosts rely on, and a sentence for each broken one."""

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
from destination_kit.testing.generators import (
    Hints,
    NoFittingValueError,
    make_payloads,
    make_settings,
)
from destination_kit.testing.harness.capture import Finding, compile_secret_search
from destination_kit.testing.harness.runner import (
    Recording,
    Respond,
    Scenario,
    Subject,
    configure_subject,
    deliver,
)
from destination_kit.testing.network import no_network
from destination_kit.testing.rules.batch_keys import check_batch_keys
from destination_kit.testing.rules.cancellation import check_interruptions
from destination_kit.testing.rules.definition import check_defaults, check_definition
from destination_kit.testing.rules.delivery import (
    check_batch,
    check_reach,
    check_refusals,
    check_run,
)
from destination_kit.testing.rules.lookups import (
    check_authentication,
    check_choices,
    list_choice_lookups,
)
from destination_kit.testing.rules.subscriptions import check_subscriptions

CheckedRun: TypeAlias = tuple[Recording, Sequence[Problem]]
Values: TypeAlias = Mapping[str, Sequence[Json]]

_NO_VALUES: Final[Values] = MappingProxyType({})
# Each payload is sent again for every await and request. Two take 1.5 s with Qualtrics, all twelve
# 9 s. The first two have every field and the required ones only.
_PAYLOADS_WITH_FAULTS: Final = 2
# The kit masks secret fields of a payload in these two before a host sees them
# (runtime/executor.py). A problem would blame the author for a leak that does not happen.
_MASKED_BY_THE_KIT: Final = ("what it returns", "an exception that it raises")


def accept(_: httpx.Request) -> httpx.Response:
    """Respond as a partner that accepts everything: 200 and `{}`."""
    return httpx.Response(200, json={})


def check_destination(
    destination: Destination,
    *,
    respond: Respond = accept,
    values: Values = _NO_VALUES,
    seed: int = 0,
    count: int = 12,
) -> None:
    """Raise `AssertionError` where a destination breaks a rule, with a sentence for each.

    The arguments are those of `find_problems`.
    """
    problems = find_problems(destination, respond=respond, values=values, seed=seed, count=count)
    if problems:
        lines = (f"- {found.path or '/'} {found.code}: {found.message}" for found in problems)
        raise AssertionError("\n".join((f"{destination.slug} breaks the rules:", *lines)))


def find_problems(
    destination: Destination,
    *,
    respond: Respond = accept,
    values: Values = _NO_VALUES,
    seed: int = 0,
    count: int = 12,
) -> tuple[Problem, ...]:
    """Return each rule that a destination breaks: a JSON Pointer into its record, a code, a sentence.

    The destination's functions run in the real pipeline, without a network, against a partner that
    responds, refuses, or never responds. `respond` is request -> response, the same for the same
    request. Settings and `count` payloads per action are generated from the schemas, the same ones
    for the same `seed`. `values` is the name of a field or setting -> values to choose from, for
    those that cannot be generated.

    The function runs event loops of its own: inside a running loop it raises `RuntimeError`.
    """
    _refuse_running_loop()
    hints = Hints(values, destination.hosts)
    with no_network():
        if problems := tuple(check_definition(destination)):
            return problems
        problems = tuple(check_defaults(destination))
        try:
            settings = make_settings(destination.settings, hints, seed)
        except NoFittingValueError as error:
            return (*problems, Problem(f"/settings{error.path}", "SETTINGS", str(error)))
        subject = Subject(
            destination=destination,
            settings=settings,
            hints=hints,
            respond=respond,
            seed=seed,
            count=count,
        )
        refused = tuple(_check_settings(subject))
        return tuple(dict.fromkeys((*problems, *(refused or _check_functions(subject)))))


def _refuse_running_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    msg = "this check runs event loops of its own: call it from a test that is not async"
    raise RuntimeError(msg)


def _check_settings(subject: Subject) -> Iterator[Problem]:
    """Yield the problems that keep the destination from being configured at all."""
    try:
        configure_subject(subject, subject.destination)
    except ConfigurationError as error:
        for found in error.problems:
            message = f"with settings that fit the schema: {found.message}"
            yield Problem(found.path, found.code, message)


def _check_functions(subject: Subject) -> Iterator[Problem]:
    for slug in subject.destination.actions:
        runs = _check_action(subject, slug)
        yield from _search_for_secrets(subject, ("actions", slug), f"`{slug}`", runs)
    for lookup in list_choice_lookups(subject.destination):
        function = f"the function of the choices of {lookup.name}"
        yield from _search_for_secrets(
            subject, lookup.path, function, check_choices(subject, lookup)
        )
    runs = check_authentication(subject)
    path = ("authentication", "test")
    yield from _search_for_secrets(subject, path, "`authentication.test`", runs)


def _check_action(subject: Subject, slug: str) -> Iterator[CheckedRun]:
    """Yield every run of an action with its problems."""
    action = subject.destination.actions[slug]
    try:
        payloads = make_payloads(action.fields, subject.hints, subject.count, subject.seed)
    except NoFittingValueError as error:
        path = pointer("actions", slug, "fields") + error.path
        yield Recording(), [Problem(path, "FIELDS", f"the payload of `{slug}`: {error}")]
        return
    yield from check_subscriptions(subject, slug)
    single = deliver(subject, slug, payloads, Scenario())
    problems = (*check_run(slug, single, "perform", payloads), *check_reach(slug, single.results))
    yield single, problems
    pairs = zip(payloads, single.results, strict=True)
    delivered = [payload for payload, result in pairs if isinstance(result, Delivered)]
    scenarios = {"perform": Scenario()}
    if action.perform_batch:
        yield from _check_batches(subject, slug, payloads, single)
        scenarios["perform_batch"] = Scenario(batching=True)
    for function, scenario in scenarios.items():
        some = delivered[:_PAYLOADS_WITH_FAULTS]
        yield from check_refusals(subject, slug, some, function, scenario)
        for payload in some:
            yield from check_interruptions(subject, slug, payload, function, scenario)


def _check_batches(
    subject: Subject, slug: str, payloads: Sequence[JsonObject], single: Recording
) -> Iterator[CheckedRun]:
    apart = deliver(subject, slug, payloads, Scenario(batching=True))
    together = deliver(subject, slug, payloads, Scenario(batching=True, together=True))
    yield apart, tuple(check_run(slug, apart, "perform_batch", payloads))
    problems = tuple(check_run(slug, together, "perform_batch", payloads))
    yield together, problems or tuple(check_batch(slug, payloads, single, together, apart))
    yield from check_batch_keys(subject, slug, payloads)


def _search_for_secrets(
    subject: Subject, path: tuple[str, ...], function: str, runs: Iterable[CheckedRun]
) -> Iterator[Problem]:
    """Yield the problems of runs, and each secret that one of them shows."""
    names = collect_secret_names(subject.destination.settings)
    settings = {name: subject.settings.get(name) for name in sorted(names)}
    search = compile_secret_search(
        {name: value for name, value in settings.items() if isinstance(value, str)}
    )
    for recording, problems in runs:
        yield from problems
        for where, text in recording.outputs.texts:
            if finding := search(text):
                message = f"{function} shows the secret setting `{finding.name}` in {where}"
                yield Problem(pointer(*path), "SECRET", f"{message}: {finding.quote}")
            elif where not in _MASKED_BY_THE_KIT and (finding := _find_in_payload(recording, text)):
                message = f"{function} shows a secret field of its payload in {where}"
                yield Problem(pointer(*path), "SECRET", f"{message}: {finding.quote}")


def _find_in_payload(recording: Recording, text: str) -> Finding | None:
    """Return the first secret of a run's payloads that a text shows as it is."""
    secret = next((secret for secret in recording.secrets if secret in text), None)
    return compile_secret_search({"": secret})(text) if secret else None
