"""The same filter as oracle.mjs, answered by this project: JSON lines in, JSON lines out.

    python -m tests.conformance.port < requests.jsonl > answers.jsonl

All 22 operations are answered. An error that is none of the kit's own is marked
`"crash": true`; no answer of the reference makes up for one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeAlias

from destination_kit._json import MISSING
from destination_kit.errors import CANNOT_RESOLVE, DestinationKitError
from tests.conformance import (
    port_fields,
    port_fql,
    port_mapping,
    port_runtime,
    prescriptions,
    wire,
)
from tests.conformance.cases import Case
from tests.conformance.compare import Verdict, agree, compared, judge

Request: TypeAlias = dict[str, Any]
Answer: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[[Request], object]

PARTS = (port_fql, port_mapping, port_fields, port_runtime)
OPS: dict[str, Operation] = {op: run for part in PARTS for op, run in part.OPS.items()}


def answer(line: str) -> Answer:
    """Answer one line; whatever goes wrong is part of the answer."""
    request = wire.loads(line)
    number = request.get("id")
    if request.get("op") not in OPS:
        return {"id": number, "error": {"name": "Error", "message": _unknown(request)}}
    return answered(number, lambda: OPS[request["op"]](wire.decode(request)))


def answered(number: object, work: Callable[[], object]) -> Answer:
    """Return what some work gives as the answer to the request with this id."""
    try:
        value = work()
    except Exception as error:  # noqa: BLE001 - a crash is an answer too, and the run goes on
        return {"id": number, "error": _describe(error)}
    if value is MISSING:
        return {"id": number, "ok": None, "undefined": True}
    return {"id": number, "ok": wire.encode(value)}


def verdict(case: Case) -> Verdict:
    """Compare two answers."""
    return judge(case, prescriptions.row_of)


def questions(case: Case) -> dict[str, Request]:
    """Return what the reference must be asked to judge the case, by name; nothing if it agrees."""
    known = compared(case)
    if agree(known.theirs, known.ours):
        return {}
    return prescriptions.questions(case)


def main() -> None:
    """Answer every line of standard input, in order."""
    for line in sys.stdin:
        if line.strip():
            sys.stdout.write(wire.dumps(answer(line)) + "\n")


def _unknown(request: Request) -> str:
    return f"unknown op: {request.get('op')}"


def _describe(error: Exception) -> Answer:
    told: Answer = {"name": type(error).__name__, "message": str(error)}
    # The reference names no place where a mapping cannot be resolved.
    problems = [each for each in getattr(error, "problems", ()) if each.code != CANNOT_RESOLVE]
    if problems:
        told["errors"] = [
            {"name": each.code, "message": each.message, "pointer": each.path} for each in problems
        ]
    return told if isinstance(error, DestinationKitError) else {**told, "crash": True}


if __name__ == "__main__":
    main()
