"""Records the reference's answers in cases/*.jsonl, so that tests can do without Node.

    python -m tests.conformance.golden

Each line is a request and its answer, and where ours differs by choice the answers to the further
questions that prove it (`asides`). The same packages write the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tests.conformance import oracle, port, quirks, wire
from tests.conformance.asking import with_asides
from tests.conformance.cases import LIQUID, Case
from tests.conformance.generate.requests import OPS, make_rare_requests, make_requests
from tests.conformance.rows import INSTANCES

Message = dict[str, Any]

CASES = Path(__file__).parent / "cases"
_SEEDS = range(1001, 1004)
_PER_SEED = 64
_OF_EVENTS = 44  # what carries whole events takes more room
_OF_INSTANCES = 12
_OF_LIQUID = 150  # of each seed, beside all the rare ones
_COUNTS = {
    **dict.fromkeys(INSTANCES, _OF_INSTANCES),
    **dict.fromkeys(("transform", "transformBatch", "mappingAfter"), _OF_EVENTS),
    LIQUID: _OF_LIQUID,
    **dict.fromkeys(("lexFql", "matchFql", "matchAst", "render", "fieldsToJsonSchema"), _OF_EVENTS),
}
_LONGEST = 3000  # characters of a request


def main() -> int:
    """Rewrite every file of cases; return the exit code."""
    try:
        collections = {"quirks": list(_quirks())} | {op: list(_chosen(op)) for op in OPS}
        CASES.mkdir(exist_ok=True)
        for name, requests in collections.items():
            cases = with_asides(_answered(requests), oracle.ask)
            lines = map(_line, requests, cases)
            (CASES / f"{name}.jsonl").write_text("".join(lines), encoding="ascii")
            print(f"{name}: {len(requests)} cases")
    except oracle.UnavailableError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


def _quirks() -> Iterator[Message]:
    return (request for _, request in quirks.quirks() if _is_kept(request))


def _chosen(op: str) -> Iterator[Message]:
    count = _COUNTS.get(op, _PER_SEED)
    for seed in _SEEDS:
        made = make_requests(seed, 2 * count, [op])
        yield from islice(filter(_is_kept, made), count)
    yield from filter(_is_kept, make_rare_requests(_SEEDS[0], [op]))


def _is_kept(request: Message) -> bool:
    return request["op"] in port.OPS and len(wire.dumps(request)) <= _LONGEST


def _answered(requests: list[Message]) -> Iterator[Case]:
    """Yield each request with both answers, as a comparison sees them."""
    for request, theirs in zip(requests, oracle.ask(requests), strict=True):
        ours = port.answer(wire.dumps(request))
        yield Case(*(wire.encode(wire.loads(wire.dumps(each))) for each in (request, theirs, ours)))


def recorded(line: str) -> Case:
    """Return the case of a line, with the answer that this project gives today."""
    told = wire.encode(wire.loads(line))
    ours = wire.encode(wire.loads(wire.dumps(port.answer(wire.dumps(told["request"])))))
    return Case(told["request"], told["answer"], ours, told.get("asides", {}))


def _line(request: Message, case: Case) -> str:
    told = {"request": request, "answer": case.theirs}
    if case.asides:
        told["asides"] = {
            name: {key: each for key, each in answer.items() if key != "id"}
            for name, answer in case.asides.items()
        }
    return f"{wire.dumps(told)}\n"


if __name__ == "__main__":
    sys.exit(main())
