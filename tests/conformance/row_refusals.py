"""Row D7: what cannot work, whatever the event, is refused in advance.

That a directive fails for every event is asked of the reference: with it alone in a mapping, an
empty event fails, and so does the event of the request. Where the reference does not fail at all,
no event has reached it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conformance import faults
from tests.conformance.cases import Case, Message
from tests.conformance.compare import failure
from tests.conformance.places import as_they_place_it, places

_BATCH = "transformBatch"


def questions(case: Case) -> dict[str, Message]:
    """Return what asks whether each directive of a mapping fails alone, for any event."""
    request = case.request
    return fault_questions(request.get("mapping"), events(request))


def fault_questions(mapping: Any, probes: list[Any], name: str = "") -> dict[str, Message]:
    """Return a question for each directive and event; an array keeps validation out of it."""
    return {
        f"fault {name}{place} {number}": {
            "op": "transform",
            "mapping": {"f": [directive]},
            "data": probe,
        }
        for place, directive in faults.directives(mapping)
        if faults.is_faulty(directive)
        for number, probe in enumerate(probes)
    }


def events(request: Message) -> list[Any]:
    """Return the events that probe a mapping: none, and the request's first if it is one."""
    data = request.get("data")
    first = data[0] if isinstance(data, list) and data else data
    return [{}, first] if isinstance(first, dict) and "$js" not in first else [{}]


def certain(asides: Any, name: str = "") -> Iterator[str]:
    """Yield the places of directives that the reference fails with for every event."""
    verdicts: dict[str, bool] = {}
    for key, answer in asides.items():
        if key.startswith(f"fault {name}"):
            place = key.removeprefix(f"fault {name}").rpartition(" ")[0]
            verdicts[place] = verdicts.get(place, True) and "error" in answer
    return (place for place, fails in verdicts.items() if fails)


def is_refused_in_advance(case: Case) -> bool:
    """Return whether we refuse what cannot work, at its place, and complain of nothing else."""
    op, request = case.request["op"], case.request
    if op == "matchAst":
        return case.ours.get("ok") is False
    error = failure(case.ours)
    if error is None:
        return False
    if op == "generateFql":
        return places(error) <= set(faults.odd_parts(request["ast"])) and bool(places(error))
    if "fields" in request:
        return bool(places(error)) and places(error) <= faults.bad_limits(request["fields"])
    if "mapping" not in request or not (_fails(case) or (op == _BATCH and not request.get("data"))):
        return False
    return _is_explained(case, places(error))


def _fails(case: Case) -> bool:
    return "error" in case.theirs


def _is_explained(case: Case, ours: frozenset[str]) -> bool:
    """Say whether each place is one of theirs or certain to fail, and none of theirs is forgotten."""
    mapping = case.request["mapping"]
    sure = set(certain(case.asides))
    theirs = places(case.theirs["error"]) if "error" in case.theirs else frozenset()
    told = {as_they_place_it(each, mapping) for each in ours if not _below(each, sure)}
    known = {as_they_place_it(each, mapping) for each in ours | sure}
    return bool(ours) and told <= theirs and (not told or theirs <= known)


def _below(place: str, sure: set[str]) -> bool:
    return any(f"{place}/".startswith(f"{each}/") for each in sure)
