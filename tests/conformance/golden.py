"""Records the reference's answers in cases/*.jsonl, so that tests can do without Node.

    python -m tests.conformance.golden

Each line is a request and its answer. The same packages write the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tests.conformance import oracle, port, quirks, rows, wire
from tests.conformance.generate.requests import OPS, make_requests

Message = dict[str, Any]

CASES = Path(__file__).parent / "cases"
_SEEDS = range(1001, 1004)
_PER_SEED = 44
_LONGEST = 4000  # characters of a request


def main() -> int:
    """Rewrite every file of cases; return the exit code."""
    try:
        collections = {"quirks": list(_quirks())} | {op: list(_chosen(op)) for op in _ops()}
        CASES.mkdir(exist_ok=True)
        for name, requests in collections.items():
            lines = map(_line, requests, oracle.ask(requests))
            (CASES / f"{name}.jsonl").write_text("".join(lines), encoding="ascii")
            print(f"{name}: {len(requests)} cases")
    except oracle.UnavailableError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


def _ops() -> list[str]:
    return [op for op in OPS if op in port.OPS]


def _quirks() -> Iterator[Message]:
    return (request for _, request in quirks.quirks() if _is_kept(request))


def _chosen(op: str) -> Iterator[Message]:
    for seed in _SEEDS:
        made = make_requests(seed, 2 * _PER_SEED, [op])
        yield from islice(filter(_is_kept, made), _PER_SEED)


def _is_kept(request: Message) -> bool:
    """Return whether a request is worth keeping: Liquid has recordings of its own one day."""
    return (
        request["op"] in port.OPS
        and "@liquid" not in rows.parts(request)
        and len(wire.dumps(request)) <= _LONGEST
    )


def _line(request: Message, answer: Message) -> str:
    return f'{{"request":{wire.dumps(request)},"answer":{wire.dumps(answer)}}}\n'


if __name__ == "__main__":
    sys.exit(main())
