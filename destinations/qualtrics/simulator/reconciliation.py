"""Reconciliation of delivery results with the state of a simulator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.json_types import JsonObject

#: Rows: a name to show, the key of an id in delivered results, the key of a count in the state.
_COMPARISONS = (
    ("contacts", "contactId", "contacts"),
    ("transactions", "transactionId", "transactions"),
    ("workflow runs", "requestId", "workflowRuns"),
)


def reconcile(
    results: Iterable[JsonObject], state: Mapping[str, Mapping[str, int]]
) -> list[tuple[str, int, int]]:
    """Return rows (name, count in the results, count in the simulator) for `dkit demo`.

    The results agree with the simulator if the counts of each row are equal. The count in the
    results is a count of different ids.

    Args:
        results: The lines that `dkit deliver --results` writes, as JSON objects.
        state: The response of `GET /_sim/state`.

    """
    responses = [response for result in results for response in _iterate_responses(result)]
    counts = state["counts"]
    return [
        (name, _count_distinct(responses, id_key), counts[count_key])
        for name, id_key, count_key in _COMPARISONS
    ]


def _iterate_responses(line: JsonObject) -> Iterator[JsonObject]:
    results = line.get("results")
    for result in results if isinstance(results, list | tuple) else ():
        response = result.get("response") if isinstance(result, Mapping) else None
        if isinstance(response, Mapping):
            yield response


def _count_distinct(responses: Iterable[JsonObject], id_key: str) -> int:
    # Several events of one person return the same contact id. A count of lines would exceed the
    # number of contacts in the simulator.
    return len({str(response[id_key]) for response in responses if id_key in response})
