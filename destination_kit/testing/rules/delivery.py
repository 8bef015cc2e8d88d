"""Rules of delivery: `perform`, the batch law, and a partner that refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

import httpx

from destination_kit._json import JsonObject, pointer
from destination_kit._redact import mask_url
from destination_kit.errors import Problem
from destination_kit.http_interface import Response
from destination_kit.results import Delivered, Failed, Result, Skipped, Submitted
from destination_kit.testing.harness.runner import Recording, Respond, Scenario, Subject, deliver
from destination_kit.testing.partner import sent_body

_FAULTS_OF_THE_AUTHOR = ("UNKNOWN_ERROR", "BATCH_MISMATCH")
_BAD_REQUEST, _SERVER_ERROR = 400, 500
#: Characters of a payload in a message.
_SHOWN = 200


def check_run(
    slug: str, recording: Recording, function: str, payloads: Sequence[JsonObject] = ()
) -> Iterator[Problem]:
    """Yield the problems of a run that do not depend on the partner's responses."""
    path = pointer("actions", slug, function)
    for payload, result in zip_longest(payloads, recording.results):
        if isinstance(result, Failed) and result.code in _FAULTS_OF_THE_AUTHOR:
            given = json.dumps(payload, ensure_ascii=False)[:_SHOWN] if payload else "an event"
            message = f"`{function}` of `{slug}` fails with {result.message}, given {given}"
            yield Problem(path, "PERFORM", message)
            break
    for returned in recording.spy.returned:
        for value in _split_by_payload(returned, function):
            if not _is_return_value(value):
                message = f"`{function}` of `{slug}` returns a {type(value).__name__} instead of JSON or a Response"
                yield Problem(path, "ANSWER", message)
    yield from check_ends(slug, recording, function)


def check_ends(slug: str, recording: Recording, function: str) -> Iterator[Problem]:
    """Yield work that outlives the result, and connections past the kit's client."""
    path = pointer("actions", slug, function)
    requests = [
        *recording.spy.unfinished,
        *(f"{sent.method} {mask_url(sent.url)}" for sent in recording.late),
    ]
    for unfinished in [*requests, *recording.unfinished][:1]:
        message = f"`{function}` of `{slug}` leaves {unfinished} under way when it has ended"
        yield Problem(path, "LEFT_BEHIND", message)
    for host in recording.reached_hosts[:1]:
        message = f"`{function}` of `{slug}` connects to {host} by itself: use `context.http`"
        yield Problem(path, "NETWORK", message)


def check_reach(slug: str, results: Sequence[Result]) -> Iterator[Problem]:
    """Yield a problem where no payload was delivered: then the other rules have shown nothing."""
    is_reached = not results or any(isinstance(result, Delivered) for result in results)
    first = next((result for result in results if isinstance(result, Failed)), None)
    if is_reached or (first and first.code in _FAULTS_OF_THE_AUTHOR):
        return
    reason = f"{first.code}: {first.message}" if first else _describe(results[0])
    message = (
        f"no payload of `{slug}` was delivered: {reason};"
        " pass `respond` with the partner's responses, and `values` that cannot be generated"
    )
    yield Problem(pointer("actions", slug, "perform"), "NOTHING_DELIVERED", message)


def check_batch(
    slug: str,
    payloads: Sequence[JsonObject],
    single: Recording,
    together: Recording,
    apart: Recording,
) -> Iterator[Problem]:
    """Yield a problem where a payload has another outcome together with others than alone."""
    path = pointer("actions", slug, "perform_batch")
    for recording, how in ((apart, "alone by `perform_batch`"), (single, "by `perform`")):
        compare = repr if _is_reordered(together.results, recording.results) else _outcome
        for number, pair in enumerate(zip(together.results, recording.results, strict=True), 1):
            if compare(pair[0]) != compare(pair[1]):
                message = (
                    f"`{slug}`: payload {number} of {len(payloads)} that are sent together ends as"
                    f" {_describe(pair[0])}, and {how} as {_describe(pair[1])}"
                )
                yield Problem(path, "BATCH_LAW", message)
                return


def check_refusals(
    subject: Subject, slug: str, payloads: Sequence[JsonObject], function: str, scenario: Scenario
) -> Iterator[tuple[Recording, Sequence[Problem]]]:
    """Yield runs against a partner that refuses every request, with their problems."""
    for status in (_BAD_REQUEST, _SERVER_ERROR):
        recording = deliver(
            subject, slug, payloads, replace(scenario, respond=_refuse_with(status))
        )
        problems = list(check_run(slug, recording, function, payloads))
        if recording.sent and not problems:
            problems += _check_refusal(slug, recording.results, status, function)
        yield recording, problems


def _check_refusal(
    slug: str, results: Sequence[Result], status: int, function: str
) -> Iterator[Problem]:
    path = pointer("actions", slug, function)
    for result in results:
        if isinstance(result, Delivered):
            message = f"`{function}` of `{slug}` reports as delivered a request that the partner refuses with {status}"
            yield Problem(path, "REFUSED", message)
            return
        if isinstance(result, Skipped):
            message = f"`{function}` of `{slug}` skips a payload whose request the partner refuses with {status}"
            yield Problem(path, "REFUSED", message)
            return
        if status == _SERVER_ERROR and not result.retryable:
            message = f"`{function}` of `{slug}` does not retry ({result.code}) after a 500, and a later attempt can succeed"
            yield Problem(path, "REFUSED", message)
            return


def _refuse_with(status: int) -> Respond:
    def respond(request: httpx.Request) -> httpx.Response:
        # A partner may repeat a request in its error. Only such a response reveals a destination
        # that copies credentials from there into a message.
        request_parts = {
            "headers": dict(request.headers),
            "body": sent_body(request),
            "url": str(request.url),
        }
        return httpx.Response(status, json={"error": "no", **request_parts})

    return respond


def _outcome(result: Result) -> object:
    # A partner's bulk endpoint responds with another body than its endpoint for one record, so the
    # bodies of the two are not compared.
    if isinstance(result, Delivered):
        return "delivered"
    if isinstance(result, Skipped):
        return "skipped"
    return (result.code, result.retryable, result.outcome)


def _is_reordered(results: Sequence[Result], reference: Sequence[Result]) -> bool:
    """Return whether each payload got a response, and some the response of another payload.

    Bodies identify payloads only where both runs have the same ones.
    """
    ours, theirs = _list_bodies(results), _list_bodies(reference)
    return len(ours) == len(results) and ours != theirs and sorted(ours) == sorted(theirs)


def _list_bodies(results: Sequence[Result]) -> list[str]:
    return [
        json.dumps(result.response, sort_keys=True)
        for result in results
        if isinstance(result, Delivered)
    ]


def _describe(result: Result) -> str:
    if isinstance(result, Delivered):
        return f"delivered with {json.dumps(result.response, ensure_ascii=False)[:_SHOWN]}"
    if isinstance(result, Skipped):
        return f"skipped ({result.reason[:_SHOWN]})"
    return f"{result.code} ({result.message[:_SHOWN]})"


def _split_by_payload(returned: object, function: str) -> Sequence[object]:
    if function == "perform_batch" and isinstance(returned, list | tuple):
        return returned
    return [returned]


def _is_return_value(value: object) -> bool:
    return isinstance(
        value, Response | Delivered | Failed | Skipped | Submitted | BaseException
    ) or _is_json(value)


def _is_json(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) for key in value) and all(map(_is_json, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_json, value))
    return value is None or isinstance(value, str | int | float)
