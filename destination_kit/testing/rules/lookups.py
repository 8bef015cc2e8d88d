"""Rules of look-ups at the partner: the test of credentials, and dynamic choices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

import httpx

from destination_kit._json import pointer
from destination_kit.definitions import AuthResult
from destination_kit.dynamic_choices import Choices
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

    async def look_up(live: Live) -> object:
        return await _catch(live.authenticate())

    for scenario in _SCENARIOS:
        recording, outcome = _run_lookup(subject, scenario, look_up)
        refused = scenario is not _SCENARIOS[0] and bool(recording.sent)
        problems = []
        if isinstance(outcome, BaseException):
            message = f"`authentication.test` raises {_describe_error(outcome)}, and it must return an AuthResult, or raise a DeliveryError"
            problems.append(Problem(path, "AUTHENTICATION", message))
        elif isinstance(outcome, AuthResult) and outcome.ok and refused:
            message = "`authentication.test` says that the credentials are good although the partner refuses them or does not respond"
            problems.append(Problem(path, "AUTHENTICATION", message))
        yield recording, problems


def check_choices(
    subject: Subject, slug: str, field: str
) -> Iterator[tuple[Recording, Sequence[Problem]]]:
    """Yield runs of the function that lists the choices of a field, with their problems."""
    path = pointer("actions", slug, "choices", field)

    async def look_up(live: Live) -> object:
        return await _catch(live.choices(slug, field))

    for scenario in _SCENARIOS:
        recording, outcome = _run_lookup(subject, scenario, look_up)
        problems = []
        if isinstance(outcome, BaseException) and not isinstance(outcome, DeliveryError):
            message = f"the choices of `{field}` in `{slug}` raise {_describe_error(outcome)}: a failure must be a DeliveryError"
            problems.append(Problem(path, "CHOICES", message))
        elif not isinstance(outcome, Choices | DeliveryError):
            message = (
                f"the choices of `{field}` in `{slug}` are a {type(outcome).__name__}, not Choices"
            )
            problems.append(Problem(path, "CHOICES", message))
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
