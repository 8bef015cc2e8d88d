"""What the results of a run say, counted beside what the simulated Qualtrics holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.record_loader import JsonObject

# What it is, what a delivered result calls it, and what the state counts it under.
_COUNTED = (
    ("contacts", "contactId", "contacts"),
    ("transactions", "transactionId", "transactions"),
    ("workflow runs", "requestId", "workflowRuns"),
)


def reconcile(
    results: Iterable[JsonObject], state: Mapping[str, Mapping[str, int]]
) -> list[tuple[str, int, int]]:
    """Return (what, how many different ones the results name, how many there are).

    `results` are the lines of `dkit deliver --results`, `state` the answer of `/_sim/state`.
    """
    responses = [response for line in results for response in _responses(line)]
    held = state["counts"]
    return [(what, _distinct(responses, key), held[part]) for what, key, part in _COUNTED]


def _responses(line: JsonObject) -> Iterator[JsonObject]:
    results = line.get("results")
    for result in results if isinstance(results, list | tuple) else ():
        response = result.get("response") if isinstance(result, Mapping) else None
        if isinstance(response, Mapping):
            yield response


def _distinct(responses: Iterable[JsonObject], key: str) -> int:
    return len({str(response[key]) for response in responses if key in response})
