"""The rules of delivering: payloads through `perform`, the batch law, and a partner that refuses."""

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
from destination_kit.results import Delivered, Failed, Result
from destination_kit.testing.harness.runner import Plan, Respond, Seen, Trial, deliver
from destination_kit.testing.partner import sent_json

_OWN_FAULTS = ("UNKNOWN_ERROR", "BATCH_MISMATCH")
_BAD, _BROKEN = 400, 500
_LONGEST = 200  # characters of a payload that a sentence shows


def check_run(
    slug: str, seen: Seen, function: str, payloads: Sequence[JsonObject] = ()
) -> Iterator[Problem]:
    """Yield what is wrong with a run whatever the partner says; `payloads` are those of its results."""
    place = pointer("actions", slug, function)
    for payload, result in zip_longest(payloads, seen.results):
        if isinstance(result, Failed) and result.code in _OWN_FAULTS:
            given = json.dumps(payload, ensure_ascii=False)[:_LONGEST] if payload else "an event"
            message = f"`{function}` of `{slug}` fails with {result.message}, given {given}"
            yield Problem(place, "PERFORM", message)
            break
    for answer in seen.watch.answers:
        for each in _answers(answer, function):
            if not _is_answer(each):
                message = f"`{function}` of `{slug}` returns a {type(each).__name__}, and an answer is JSON or a Response"
                yield Problem(place, "ANSWER", message)
    yield from check_ends(slug, seen, function)


def check_ends(slug: str, seen: Seen, function: str) -> Iterator[Problem]:
    """Yield what went on after an answer, and what went to a network past the kit's client."""
    place = pointer("actions", slug, function)
    requests = [*seen.watch.left, *(f"{each.method} {mask_url(each.url)}" for each in seen.late)]
    for left in [*requests, *seen.left][:1]:
        message = f"`{function}` of `{slug}` leaves {left} under way when it has ended"
        yield Problem(place, "LEFT_BEHIND", message)
    for host in seen.reached[:1]:
        message = f"`{function}` of `{slug}` connects to {host} by itself: `context.http` is the only way out"
        yield Problem(place, "NETWORK", message)


def check_reach(slug: str, results: Sequence[Result]) -> Iterator[Problem]:
    """Yield that nothing was delivered at all: then nothing else has been shown either."""
    failed = [each for each in results if isinstance(each, Failed)]
    if len(failed) < len(results) or not failed or failed[0].code in _OWN_FAULTS:
        return
    message = (
        f"no payload of `{slug}` was delivered: {failed[0].code}: {failed[0].message};"
        " say in `answer` what the partner answers, and in `values` what nobody can make up"
    )
    yield Problem(pointer("actions", slug, "perform"), "NOTHING_DELIVERED", message)


def check_batch(
    slug: str, payloads: Sequence[JsonObject], alone: Seen, together: Seen, apart: Seen
) -> Iterator[Problem]:
    """Yield where the batch law does not hold: sent together, each has the result it has alone."""
    place = pointer("actions", slug, "perform_batch")
    for other, how in ((apart, "alone by `perform_batch`"), (alone, "by `perform`")):
        for number, pair in enumerate(zip(together.results, other.results, strict=True), 1):
            if _told(pair[0]) != _told(pair[1]):
                message = (
                    f"`{slug}`: payload {number} of {len(payloads)} that are sent together ends as"
                    f" {_said(pair[0])}, and {how} as {_said(pair[1])}"
                )
                yield Problem(place, "BATCH_LAW", message)
                return


def check_refusals(
    trial: Trial, slug: str, payloads: Sequence[JsonObject], function: str, mode: Plan
) -> Iterator[tuple[Seen, Sequence[Problem]]]:
    """Yield runs against a partner that refuses everything, and what is wrong with their results."""
    for status in (_BAD, _BROKEN):
        seen = deliver(trial, slug, payloads, replace(mode, respond=_refusing(status)))
        problems = list(check_run(slug, seen, function, payloads))
        if seen.asked and not problems:
            problems += _refused(slug, seen.results, status, function)
        yield seen, problems


def _refused(slug: str, results: Sequence[Result], status: int, function: str) -> Iterator[Problem]:
    place = pointer("actions", slug, function)
    for result in results:
        if isinstance(result, Delivered):
            message = f"`{function}` of `{slug}` reports as delivered what the partner answers with {status}"
            yield Problem(place, "REFUSED", message)
            return
        if status == _BROKEN and not result.retryable:
            message = f"`{function}` of `{slug}` gives up for good ({result.code}) where the partner answers 500: that is worth a retry"
            yield Problem(place, "REFUSED", message)
            return


def _refusing(status: int) -> Respond:
    def respond(request: httpx.Request) -> httpx.Response:
        """Refuse, and repeat what was sent, as some partners do."""
        said = {"error": "no", "headers": dict(request.headers), "body": sent_json(request)}
        return httpx.Response(status, json={**said, "url": str(request.url)})

    return respond


def _told(result: Result) -> object:
    if isinstance(result, Delivered):
        return result.response
    return ("failed", result.code, result.retryable)


def _said(result: Result) -> str:
    if isinstance(result, Delivered):
        return f"delivered with {json.dumps(result.response, ensure_ascii=False)[:_LONGEST]}"
    return f"{result.code} ({result.message[:_LONGEST]})"


def _answers(answer: object, function: str) -> Sequence[object]:
    is_batch = function == "perform_batch" and isinstance(answer, list | tuple)
    return answer if is_batch and isinstance(answer, list | tuple) else [answer]


def _is_answer(answer: object) -> bool:
    if isinstance(answer, Response | Delivered | Failed | BaseException):
        return True
    return _is_json(answer)


def _is_json(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) for key in value) and all(map(_is_json, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_json, value))
    return value is None or isinstance(value, str | int | float)
