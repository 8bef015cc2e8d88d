"""What the reference was observed to answer, and where a row of the policy says otherwise."""

from pathlib import Path

import pytest

from destination_kit._json import MISSING
from destination_kit.errors import DestinationKitError
from tests.conformance import port_mapping, rows, wire
from tests.conformance.compare import equal
from tests.conformance.places import as_they_place_it

CASES = Path(__file__).parents[2] / "cases" / "mapping"


def cases():
    for path in sorted(CASES.glob("*.json")):
        for at, case in enumerate(wire.loads(path.read_text(encoding="ascii"))):
            yield pytest.param(case, id=f"{path.stem}-{at}")


@pytest.mark.parametrize("case", list(cases()))
def test_a_mapping_means_what_it_means_to_the_reference(case):
    request, theirs = case["request"], case["answer"]
    ours = answer(request)
    if "row" not in case:
        assert same(theirs, ours), ours
        return
    assert not same(theirs, ours)
    assert equal(without_places(case["ours"]), without_places(ours))
    assert rows.applies(case["row"], request)


def answer(request):
    try:
        value = port_mapping.OPS[request["op"]](wire.decode(request))
    except DestinationKitError as error:
        mapping = request["mapping"] if request["op"] != "validateMapping" else None
        found = {
            as_they_place_it(problem.path, mapping) for problem in getattr(error, "problems", ())
        }
        return {"error": sorted(found)}
    return {"ok": None, "undefined": True} if value is MISSING else {"ok": wire.encode(value)}


def same(theirs, ours):
    """Errors are the same where they name the same places; the reference may name none."""
    if "error" in theirs and "error" in ours:
        return not theirs["error"] or sorted(theirs["error"]) == [
            plain(path) for path in ours["error"]
        ]
    return equal(theirs, ours)


def plain(path):
    return path.replace("~1", "/").replace("~0", "~")


def without_places(answer):
    return {"error": None} if "error" in answer else answer
