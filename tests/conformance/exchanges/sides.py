"""Both sides of a case: the reference under Node, and our destination, each with its own partner."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, TypeAlias

from destination_kit import (
    AudienceDetails,
    Catalog,
    ConfigurationError,
    DeliveryError,
    EventResult,
    Live,
    stringify_json,
)
from destination_kit.errors import is_retryable
from tests.conformance import oracle
from tests.conformance.exchanges.records import Case, Ending, Exchange, Port, SentRequest
from tests.conformance.exchanges.script import ScriptedPartner

RawAnswer: TypeAlias = dict[str, Any]
"""A line of `reference.mjs`."""

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]
_PACKAGES = _ROOT / "tests" / "bench"
_CACHE = _ROOT / ".cache" / "bench"
_MODULES = "EXCHANGE_MODULES"
#: Cases of ours at once. A few of them wait for a second or two after a 429.
_CONCURRENT = 50
_NO_RESPONSE = "NO_RESPONSE"
_CODES = {"CONNECTION_FAILED": _NO_RESPONSE, "REQUEST_TIMEOUT": _NO_RESPONSE}
_NAMES = {
    "AggregateAjvError": "PAYLOAD_VALIDATION_FAILED",
    "FetchError": _NO_RESPONSE,
    "TimeoutError": _NO_RESPONSE,
    "TypeError": "CRASH",
}
Then: TypeAlias = Literal["retry", "give up"]
_THEN: Mapping[str, Literal["retry", "settings", "give up"]]
_THEN = {"wait": "retry", "settings": "settings", "event": "give up", "code": "give up"}


def ask_reference(cases: Iterable[Case]) -> list[RawAnswer]:
    """Return the reference's answers, in order. Packages that are missing are installed first."""
    node = oracle.node()
    if _MODULES not in os.environ:
        oracle.install(_PACKAGES, _CACHE)
    modules = os.environ.get(_MODULES, str(_CACHE / "node_modules"))
    lines = "".join(f"{json.dumps(case)}\n" for case in cases)
    done = subprocess.run(
        [node, str(_HERE / "reference.mjs")],
        env={**os.environ, _MODULES: modules},
        input=lines,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise oracle.UnavailableError(f"The reference ended with an error:\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def read_reference(answer: RawAnswer) -> Exchange:
    """Return the exchange of an answer of the reference."""
    sent = (
        SentRequest(each["method"], each["url"], each["token"], each["contentType"], each["body"])
        for each in answer["requests"]
    )
    return Exchange(tuple(sent), _reference_ending(answer))


def deliver_all(port: Port, cases: Sequence[Case]) -> list[Exchange]:
    """Return what our destination does in each case."""
    return asyncio.run(_deliver_all(port, cases))


async def _deliver_all(port: Port, cases: Sequence[Case]) -> list[Exchange]:
    window = asyncio.Semaphore(_CONCURRENT)

    async def deliver_one(case: Case) -> Exchange:
        async with window:
            return await deliver(port, case)

    return await asyncio.gather(*map(deliver_one, cases))


async def deliver(port: Port, case: Case) -> Exchange:
    """Return what our destination does in one case, with a catalog of its own."""
    partner = ScriptedPartner(case["script"])
    # An instance shares caches and rate limits with the others of its catalog.
    catalog = Catalog.of(port.destination)
    try:
        document = {"settings": case["settings"]}
        instance = catalog.configure(document, destination=port.destination.slug)
    except ConfigurationError:
        return Exchange((), Ending("refused"))
    events = case.get("events") or [case.get("event")]
    async with instance.open(partner, batching="events" in case) as live:
        if "audience" in case:
            ending = await _call_audience_function(live, case)
        else:
            received_at = datetime.fromisoformat(case["now"])
            results = await live.send(events, received_at=received_at)
            ending = _common(map(_our_ending, results))
    return Exchange(tuple(partner.requests), ending)


async def _call_audience_function(live: Live, case: Case) -> Ending:
    asked = case["audience"]
    audience = AudienceDetails(
        name=asked.get("audienceName"),
        external_id=asked.get("externalId"),
        settings=asked.get("audienceSettings", {}),
    )
    is_new = case["function"] == "createAudience"
    try:
        returned = await (live.create_audience if is_new else live.get_audience)(audience)
    except ConfigurationError:
        return Ending("refused")
    except DeliveryError as error:
        then: Then = "retry" if error.retryable else "give up"
        return Ending("failed", _CODES.get(error.code, error.code), then)
    return Ending("delivered", returned=json.dumps(returned))


def _common(endings: Iterable[Ending]) -> Ending:
    """Return the ending of a batch, whose events all end alike since they share one call."""
    different = [*dict.fromkeys(endings)]
    return different[0] if len(different) == 1 else Ending("failed", f"different: {different}")


def _our_ending(result: EventResult) -> Ending:
    if result.skipped:
        return Ending("skipped")
    if not result.failures:
        return Ending("delivered")
    [failure] = result.failures
    return Ending("failed", _CODES.get(failure.code, failure.code), _THEN[failure.remedy])


def _reference_ending(answer: RawAnswer) -> Ending:
    if "externalId" in answer:
        return Ending("delivered", returned=stringify_json(answer["externalId"]) or "")
    if "statuses" in answer:
        refused = [status for status in answer["statuses"] if status != HTTPStatus.OK]
        return Ending("failed", f"statuses: {refused}") if refused else Ending("delivered")
    if "steps" in answer:
        return Ending("skipped" if answer["steps"] == ["not subscribed"] else "delivered")
    error: Mapping[str, Any] = answer["error"]
    # The reference counts an error without a status as one of 500 (`handleError`).
    status = 500 if error["status"] is None else error["status"]
    code = _NAMES.get(error["name"]) or error["code"] or error["name"]
    return Ending("failed", code, "retry" if is_retryable(status) else "give up")
