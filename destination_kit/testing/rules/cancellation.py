"""Rules of interruption: a delivery that is cancelled, and a partner that does not respond."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

import httpx

from destination_kit._json import JsonObject, pointer
from destination_kit._redact import mask_url
from destination_kit.errors import Problem
from destination_kit.results import Delivered, Failed, Skipped
from destination_kit.testing.harness.runner import (
    NEVER,
    Recording,
    Scenario,
    SentRequest,
    Subject,
    deliver,
)
from destination_kit.testing.rules.delivery import check_ends

CheckedRun: TypeAlias = tuple[Recording, Sequence[Problem]]

_NO_RESPONSE = httpx.ReadTimeout("no response came")
_NO_CONNECTION = httpx.ConnectError("no connection")
_FAULTS = (_NO_RESPONSE, _NO_CONNECTION, NEVER)
_MAX_AWAITS = 20
_MAX_REQUESTS = 5
# A cancelled delivery waits for no partner, so it ends within milliseconds. Only one that ignores
# the cancellation still runs after half a second, even on a slow machine.
_CANCELLATION_DEADLINE = 0.5
# A job whose next poll is due after the deadline is left before the request that would be cancelled.
_CANCELLED = ("SELF_TIMEOUT", "JOB_PENDING")
# A partner that never responds costs the whole deadline, so a short one is tried first. A slow
# machine may need a longer one before it sends the request.
_SILENCE_DEADLINES = (0.05, 0.2, 1.0)


def check_interruptions(
    subject: Subject, slug: str, payload: JsonObject, function: str, scenario: Scenario
) -> Iterator[CheckedRun]:
    """Yield runs that are interrupted, with their problems."""
    undisturbed = deliver(subject, slug, [payload], scenario)
    yield undisturbed, ()
    requests = range(1, min(len(undisturbed.sent), _MAX_REQUESTS) + 1)
    awaits = range(1, min(undisturbed.spy.awaits, _MAX_AWAITS) + 1)
    quick = replace(scenario, deadline=_CANCELLATION_DEADLINE)
    cancelled = [(f"at its {_ordinal(at)} await", replace(quick, cancel_at=at)) for at in awaits]
    cancelled += [
        (f"when its {_ordinal(at)} request has left", replace(quick, cancel_at_request=at))
        for at in requests
    ]
    yield from _until_first_problem(
        (recording, tuple(_check_cancellation(slug, recording, function, when)))
        for when, variant in cancelled
        for recording in [deliver(subject, slug, [payload], variant)]
    )
    unanswered = [
        replace(scenario, fault=fault, fault_at=at) for at in requests for fault in _FAULTS
    ]
    yield from _until_first_problem(
        (recording, tuple(_check_time_out(slug, recording, function, variant)))
        for variant in unanswered
        for recording in _with_longer_deadlines(subject, slug, payload, variant)
    )


def _until_first_problem(runs: Iterable[CheckedRun]) -> Iterator[CheckedRun]:
    """Yield runs up to the first with a problem; the later ones would repeat it."""
    for recording, problems in runs:
        yield recording, problems
        if problems:
            return


def _with_longer_deadlines(
    subject: Subject, slug: str, payload: JsonObject, scenario: Scenario
) -> Iterator[Recording]:
    """Yield the run, with longer deadlines until the request that meets the fault is sent."""
    for deadline in _SILENCE_DEADLINES if scenario.fault == NEVER else (scenario.deadline,):
        recording = deliver(subject, slug, [payload], replace(scenario, deadline=deadline))
        yield recording
        if len(recording.sent) >= scenario.fault_at:
            return


def _check_cancellation(
    slug: str, recording: Recording, function: str, when: str
) -> Iterator[Problem]:
    path, [result] = pointer("actions", slug, function), recording.results
    if recording.spy.ignores_cancellation:
        message = f"`{function}` of `{slug}`, cancelled {when}, does not end"
        yield Problem(path, "CANCELLATION", message)
    elif not isinstance(result, Failed) or result.code not in _CANCELLED:
        what = result.code if isinstance(result, Failed) else "success"
        message = f"`{function}` of `{slug}`, cancelled {when}, turns that into {what}: let `CancelledError` pass"
        yield Problem(path, "CANCELLATION", message)
    else:
        yield from check_ends(slug, recording, function)


def _check_time_out(
    slug: str, recording: Recording, function: str, scenario: Scenario
) -> Iterator[Problem]:
    path, [result] = pointer("actions", slug, function), recording.results
    unanswered = recording.sent[scenario.fault_at - 1 : scenario.fault_at]
    if not unanswered:
        return  # the deadline came before the request, so no request lacks a response
    request = unanswered[0]
    description = _describe_request(request)
    if recording.spy.ignores_cancellation:
        message = f"`{function}` of `{slug}` continues after its deadline when {description} gets no response"
        yield Problem(path, "TIME_OUT", message)
    elif isinstance(result, Delivered | Skipped):
        # A request that only reads may be optional, so a success without its response is no fault.
        if request.writes:
            message = (
                f"`{function}` of `{slug}` reports success although {description} gets no response"
            )
            yield Problem(path, "TIME_OUT", message)
    else:
        yield from _check_failure(slug, result, function, request, scenario)
        yield from check_ends(slug, recording, function)


def _check_failure(
    slug: str, result: Failed, function: str, request: SentRequest, scenario: Scenario
) -> Iterator[Problem]:
    path = pointer("actions", slug, function)
    if not result.retryable:
        message = f"`{function}` of `{slug}` does not retry ({result.code}) when {_describe_request(request)} gets no response, and a later attempt can succeed"
        yield Problem(path, "TIME_OUT", message)
    elif request.writes and result.outcome != "unknown" and scenario.fault is not _NO_CONNECTION:
        message = f"`{function}` of `{slug}` reports a failure ({result.code}) when {_describe_request(request)} gets no response; the write may have happened, so the outcome is unknown"
        yield Problem(path, "TIME_OUT", message)


def _describe_request(request: SentRequest) -> str:
    return f"{request.method} {mask_url(request.url)}"


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{endings.get(number, 'th')}"
