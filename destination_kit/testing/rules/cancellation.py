"""The rules of being interrupted: cancelled at any await, and a partner that never answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

import httpx

from destination_kit._json import JsonObject, pointer
from destination_kit._redact import mask_url
from destination_kit.errors import Problem
from destination_kit.results import Delivered, Failed
from destination_kit.testing.harness.runner import NEVER, Asked, Plan, Seen, Trial, deliver
from destination_kit.testing.rules.delivery import check_ends

Run: TypeAlias = tuple[Seen, Sequence[Problem]]

_NO_ANSWER = httpx.ReadTimeout("no answer came")
_NO_CONNECTION = httpx.ConnectError("no connection")
_FAULTS = (_NO_ANSWER, _NO_CONNECTION, NEVER)
_MOST_AWAITS = 20
_MOST_REQUESTS = 5
_CANCELLED_IN = 0.5  # seconds after which a delivery that will not end is given up
_SILENT_FOR = (0.05, 0.2, 1.0)  # as long as a slow machine needs to ask at all


def check_interruptions(
    trial: Trial, slug: str, payload: JsonObject, function: str, mode: Plan
) -> Iterator[Run]:
    """Yield runs that are interrupted, and what is wrong with how they end."""
    calm = deliver(trial, slug, [payload], mode)
    yield calm, ()
    requests = range(1, min(len(calm.asked), _MOST_REQUESTS) + 1)
    awaits = range(1, min(calm.watch.awaits, _MOST_AWAITS) + 1)
    quick = replace(mode, deadline=_CANCELLED_IN)
    cancelled = [(f"at its {_nth(at)} await", replace(quick, cancel_at=at)) for at in awaits]
    cancelled += [
        (f"when its {_nth(at)} request has left", replace(quick, cancel_at_request=at))
        for at in requests
    ]
    yield from _to_the_first_fault(
        (seen, tuple(_let_go(slug, seen, function, when)))
        for when, plan in cancelled
        for seen in [deliver(trial, slug, [payload], plan)]
    )
    unanswered = [replace(mode, fault=fault, fault_at=at) for at in requests for fault in _FAULTS]
    yield from _to_the_first_fault(
        (seen, tuple(_unanswered(slug, seen, function, plan)))
        for plan in unanswered
        for seen in _patiently(trial, slug, payload, plan)
    )


def _to_the_first_fault(runs: Iterable[Run]) -> Iterator[Run]:
    """Yield runs up to the first that shows one: those after it would only repeat it."""
    for seen, problems in runs:
        yield seen, problems
        if problems:
            return


def _patiently(trial: Trial, slug: str, payload: JsonObject, plan: Plan) -> Iterator[Seen]:
    """Yield the run; where nobody ever answers, with a deadline that lets it ask at all."""
    for deadline in _SILENT_FOR if plan.fault == NEVER else (plan.deadline,):
        seen = deliver(trial, slug, [payload], replace(plan, deadline=deadline))
        yield seen
        if len(seen.asked) >= plan.fault_at:
            return


def _let_go(slug: str, seen: Seen, function: str, when: str) -> Iterator[Problem]:
    place, [result] = pointer("actions", slug, function), seen.results
    if seen.watch.stuck:
        message = f"`{function}` of `{slug}`, cancelled {when}, does not end"
        yield Problem(place, "CANCELLATION", message)
    elif isinstance(result, Delivered) or result.code != "SELF_TIMEOUT":
        what = "success" if isinstance(result, Delivered) else result.code
        message = f"`{function}` of `{slug}`, cancelled {when}, makes that {what}: let `CancelledError` pass"
        yield Problem(place, "CANCELLATION", message)
    else:
        yield from check_ends(slug, seen, function)


def _unanswered(slug: str, seen: Seen, function: str, plan: Plan) -> Iterator[Problem]:
    place, [result] = pointer("actions", slug, function), seen.results
    asked = seen.asked[plan.fault_at - 1 : plan.fault_at]
    if not asked:
        return  # it had no time to ask
    which = _which(asked[0])
    if seen.watch.stuck:
        message = f"`{function}` of `{slug}` goes on after its deadline, when {which} has no answer"
        yield Problem(place, "TIME_OUT", message)
    elif isinstance(result, Delivered):
        if asked[0].writes:  # what was only read may have been a luxury
            message = f"`{function}` of `{slug}` reports as delivered that {which} has no answer"
            yield Problem(place, "TIME_OUT", message)
    else:
        yield from _failed(slug, result, function, asked[0], plan)
        yield from check_ends(slug, seen, function)


def _failed(
    slug: str, result: Failed, function: str, asked: Asked, plan: Plan
) -> Iterator[Problem]:
    place = pointer("actions", slug, function)
    if not result.retryable:
        message = f"`{function}` of `{slug}` gives up for good ({result.code}) when {_which(asked)} has no answer: that is worth a retry"
        yield Problem(place, "TIME_OUT", message)
    elif asked.writes and result.outcome != "unknown" and plan.fault is not _NO_CONNECTION:
        message = f"`{function}` of `{slug}` reports as failed ({result.code}) that {_which(asked)} has no answer, and it may have happened: the outcome is unknown"
        yield Problem(place, "TIME_OUT", message)


def _which(asked: Asked) -> str:
    return f"{asked.method} {mask_url(asked.url)}"


def _nth(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{endings.get(number, 'th')}"
