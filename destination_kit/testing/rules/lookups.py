"""Rules of look-ups at the partner: the test of credentials, and dynamic choices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import methodcaller

import httpx

from destination_kit._json import LimitError, pointer
from destination_kit.auth_results import AuthResult
from destination_kit.author_calls import AuthorFaultError
from destination_kit.definitions import Context, Destination, MappingHook
from destination_kit.errors import DeliveryError, Problem
from destination_kit.runtime import Live
from destination_kit.testing.harness.runner import (
    Recording,
    Scenario,
    Subject,
    configure_subject,
    run,
)

_SCENARIOS = (
    Scenario(),
    Scenario(respond=lambda _: httpx.Response(401, json={"error": "who is this?"})),
    Scenario(respond=lambda _: httpx.Response(500, text="<html>no</html>")),
    Scenario(fault=httpx.ReadTimeout("no answer came")),
)


def check_authentication(subject: Subject) -> Iterator[tuple[Recording, Sequence[Problem]]]:
    """Yield runs of `authentication.test` with their problems."""
    if subject.destination.authentication.test is None:
        return
    path = pointer("authentication", "test")
    faults: list[str] = []
    watched = replace(subject, destination=_watch_test(subject.destination, faults.append))
    for scenario in _SCENARIOS:
        faults.clear()
        recording, outcome = _run_lookup(watched, scenario, methodcaller("authenticate"))
        refused = scenario is not _SCENARIOS[0] and bool(recording.sent)
        problems = []
        if faults:
            message = f"`authentication.test` {faults[0]}, and it must return an AuthResult, or raise a DeliveryError"
            problems.append(Problem(path, "AUTHENTICATION", message))
        elif isinstance(outcome, AuthResult) and outcome.ok and refused:
            message = "`authentication.test` says that the credentials are good although the partner refuses them or does not respond"
            problems.append(Problem(path, "AUTHENTICATION", message))
        yield recording, problems


def _watch_test(destination: Destination, on_fault: Callable[[str], None]) -> Destination:
    """Return the destination; `on_fault` gets what its test of credentials does wrong.

    `Live.authenticate` turns that into a result, which looks like refused credentials.
    """
    test = destination.authentication.test
    if test is None:
        return destination

    async def watched(context: Context) -> AuthResult:
        try:
            result = await test(context)
        except DeliveryError:
            raise
        except Exception as error:
            on_fault(f"raises {_describe_error(error)}")
            raise
        if not isinstance(result, AuthResult):
            on_fault(f"returns {result!r}")
        return result

    authentication = replace(destination.authentication, test=watched)
    return replace(destination, authentication=authentication)


@dataclass(frozen=True, slots=True)
class ChoiceLookup:
    """One function of choices, and how a host calls it."""

    #: Where it stands in the record of the destination.
    path: tuple[str, ...]
    #: Its name in a sentence, such as "`list` of `add`".
    name: str
    #: Asks it for its first page.
    call: Callable[[Live], Awaitable[object]]


def list_choice_lookups(destination: Destination) -> Iterator[ChoiceLookup]:
    """Yield every function of choices: those of settings, of actions, and of inputs of hooks."""
    for field in destination.choices:
        call = methodcaller("setting_choices", field)
        yield ChoiceLookup(("choices", field), f"the setting `{field}`", call)
    for field in destination.audience.choices if destination.audience else ():
        name, call = f"`{field}` of an audience", methodcaller("audience_choices", field)
        yield ChoiceLookup(("audience", "choices", field), name, call)
    for slug, action in destination.actions.items():
        for field in action.choices:
            name, call = f"`{field}` of `{slug}`", methodcaller("choices", slug, field)
            yield ChoiceLookup(("actions", slug, "choices", field), name, call)
        for name, hook in action.hooks.items():
            yield from _list_hook_lookups(slug, name, hook)


def _list_hook_lookups(slug: str, hook: str, record: MappingHook) -> Iterator[ChoiceLookup]:
    for field in record.choices:
        path = ("actions", slug, "hooks", hook, "choices", field)
        call = methodcaller("hook_choices", slug, hook, field)
        yield ChoiceLookup(path, f"`{field}` of `{hook}` of `{slug}`", call)


def check_choices(
    subject: Subject, lookup: ChoiceLookup
) -> Iterator[tuple[Recording, Sequence[Problem]]]:
    """Yield runs of a function that lists choices, with their problems."""

    async def look_up(live: Live) -> object:
        return await _catch(lookup.call(live))

    for scenario in _SCENARIOS:
        recording, outcome = _run_lookup(subject, scenario, look_up)
        problems = []
        if isinstance(outcome, AuthorFaultError):
            message = f"the function of the choices of {lookup.name} {outcome.fault}: it must return Choices, or raise a DeliveryError"
            problems.append(Problem(pointer(*lookup.path), "CHOICES", message))
        elif isinstance(outcome, LimitError):
            message = f"the choices of {lookup.name} have no end: {outcome}"
            problems.append(Problem(pointer(*lookup.path), "CHOICES", message))
        yield recording, problems


def _run_lookup(
    subject: Subject, scenario: Scenario, look_up: Callable[[Live], Awaitable[object]]
) -> tuple[Recording, object]:
    recording = Recording()
    instance = configure_subject(subject, subject.destination)
    outcome = run(subject, instance, look_up, recording, scenario)
    where = (
        "an exception that it raises" if isinstance(outcome, BaseException) else "what it returns"
    )
    recording.outputs.add(where, outcome)
    return recording, outcome


async def _catch(call: Awaitable[object]) -> object:
    try:
        return await call
    except Exception as error:  # noqa: BLE001 - the exception is what the rule checks
        return error


def _describe_error(error: BaseException) -> str:
    return f"{type(error).__name__} ({error})"
