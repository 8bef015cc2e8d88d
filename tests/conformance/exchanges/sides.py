"""Both sides of a case: the reference under Node, and our destination, each with its own partner."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from destination_kit import Catalog, ConfigurationError, EventResult
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
    async with instance.open(partner, batching=False) as live:
        received_at = datetime.fromisoformat(case["now"])
        [result] = await live.send([case["event"]], received_at=received_at)
    return Exchange(tuple(partner.requests), _our_ending(result))


def _our_ending(result: EventResult) -> Ending:
    if result.skipped:
        return Ending("skipped")
    if not result.failures:
        return Ending("delivered")
    [failure] = result.failures
    return Ending("failed", _CODES.get(failure.code, failure.code), _THEN[failure.remedy])


def _reference_ending(answer: RawAnswer) -> Ending:
    if "steps" in answer:
        return Ending("skipped" if answer["steps"] == ["not subscribed"] else "delivered")
    error: Mapping[str, Any] = answer["error"]
    # The reference counts an error without a status as one of 500 (`handleError`).
    status = 500 if error["status"] is None else error["status"]
    code = _NAMES.get(error["name"]) or error["code"] or error["name"]
    return Ending("failed", code, "retry" if is_retryable(status) else "give up")
