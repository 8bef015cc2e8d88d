"""Puts wrong answers in the place of ours and counts how many the comparison lets pass.

    python -m tests.conformance.doubts

It works on the recorded cases, without Node. A wrong answer that passes as *chosen* shows a claim
that looks at the request only, and not at what we answered.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.conformance import golden, port
from tests.conformance.cases import Case
from tests.conformance.compare import agree, equal, failure, places

Message = dict[str, Any]


def main() -> None:
    """Print, for each operation and row, how many of the wrong answers passed."""
    tried: Counter[str] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    for case in (
        case for path in sorted(golden.CASES.glob("*.jsonl")) for case in golden.recorded(path)
    ):
        for wrong in wrong_answers(case.theirs):
            verdict = port.verdict(replace(case, ours=wrong))
            tried[case.request["op"]] += 1
            if verdict.kind in ("same", "translated", "chosen") and not _is_right(case, wrong):
                passed[case.request["op"], verdict.row or verdict.kind] += 1
    for op, count in tried.items():
        rows = ", ".join(f"{row} {each}" for (of, row), each in passed.items() if of == op)
        print(f"{op:<20}{count:>6} wrong answers, passed: {rows or 'none'}")


def _is_right(case: Case, wrong: Message) -> bool:
    """Return whether a wrong answer happens to be ours, or says nothing else."""
    return agree(wrong, case.ours)


def wrong_answers(right: Message) -> Iterator[Message]:
    """Yield answers that no row can prescribe: another verdict, another value, another place."""
    chance = random.Random(json.dumps(right))  # noqa: S311 - chance, not secrecy
    nowhere = {"name": "Wrong", "message": "wrong", "pointer": "/no/such/place"}
    error = failure(right)
    if error is None or places(error):
        yield {"id": right["id"], "error": {**nowhere, "errors": [nowhere]}}
    if error is not None:
        yield {"id": right["id"], "ok": {"no such field": 1}}
    elif not equal(right["ok"], changed := _changed(right["ok"], chance)):
        yield {"id": right["id"], "ok": changed}


def _changed(value: Any, chance: random.Random) -> Any:
    """Return the value with one part of it changed."""
    match value:
        case bool():
            return int(value)
        case int() | float():
            return value + 1
        case str():
            return f"{value}?"
        case [_, *_]:
            index = chance.randrange(len(value))
            return [*value[:index], _changed(value[index], chance), *value[index + 1 :]]
        case dict() if value:
            key = chance.choice(sorted(value))
            return {**value, key: _changed(value[key], chance)}
        case _:
            return {"no such field": 1}


if __name__ == "__main__":
    main()
