"""The rules of whatever asks a partner outside of deliveries: credentials, and dynamic choices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

import httpx

from destination_kit._json import pointer
from destination_kit.definitions import AuthResult, Choices
from destination_kit.errors import DeliveryError, Problem
from destination_kit.runtime import Live
from destination_kit.testing.harness.runner import Plan, Seen, Trial, configured, run

_PLANS = (
    Plan(),
    Plan(respond=lambda _: httpx.Response(401, json={"error": "who is this?"})),
    Plan(respond=lambda _: httpx.Response(500, text="<html>no</html>")),
    Plan(fault=httpx.ReadTimeout("no answer came")),
)


def check_authentication(trial: Trial) -> Iterator[tuple[Seen, Sequence[Problem]]]:
    """Yield runs of the test of credentials, and what is wrong with what it says."""
    if trial.destination.authentication.test is None:
        return
    place = pointer("authentication", "test")

    async def ask(live: Live) -> object:
        return await _answer(live.authenticate())

    for plan in _PLANS:
        seen, said = _ask(trial, plan, ask)
        refused = plan is not _PLANS[0] and bool(seen.asked)
        problems = []
        if isinstance(said, BaseException):
            message = f"`authentication.test` raises {_named(said)}, and it has to answer whatever happens"
            problems.append(Problem(place, "AUTHENTICATION", message))
        elif isinstance(said, AuthResult) and said.ok and refused:
            message = "`authentication.test` says that the credentials are good where the partner refuses them or does not answer"
            problems.append(Problem(place, "AUTHENTICATION", message))
        yield seen, problems


def check_choices(trial: Trial, slug: str, field: str) -> Iterator[tuple[Seen, Sequence[Problem]]]:
    """Yield runs of what lists the choices of a dynamic field, and what is wrong with them."""
    place = pointer("actions", slug, "choices", field)

    async def ask(live: Live) -> object:
        return await _answer(live.choices(slug, field))

    for plan in _PLANS:
        seen, said = _ask(trial, plan, ask)
        problems = []
        if isinstance(said, BaseException) and not isinstance(said, DeliveryError):
            message = f"the choices of `{field}` in `{slug}` raise {_named(said)}: only a DeliveryError tells what is wrong"
            problems.append(Problem(place, "CHOICES", message))
        elif not isinstance(said, Choices | DeliveryError):
            message = (
                f"the choices of `{field}` in `{slug}` are a {type(said).__name__}, not Choices"
            )
            problems.append(Problem(place, "CHOICES", message))
        yield seen, problems


def _ask(trial: Trial, plan: Plan, ask: Callable[[Live], Awaitable[object]]) -> tuple[Seen, object]:
    seen = Seen()
    said = run(trial, configured(trial, trial.destination), ask, seen, plan)
    shown = "an exception that it raises" if isinstance(said, BaseException) else "what it returns"
    seen.outputs.add(shown, said)
    return seen, said


async def _answer(call: Awaitable[object]) -> object:
    try:
        return await call
    except Exception as error:  # noqa: BLE001 - what it raises is looked at
        return error


def _named(error: BaseException) -> str:
    return f"{type(error).__name__} ({error})"
