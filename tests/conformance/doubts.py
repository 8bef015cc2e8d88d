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
from typing import Any

from tests.conformance import golden, port, wire
from tests.conformance.compare import Verdict, equal, failure, places

Message = dict[str, Any]


def main() -> None:
    """Print, for each operation and row, how many of the wrong answers passed."""
    tried: Counter[str] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    for request, theirs in recorded():
        for wrong in wrong_answers(theirs):
            verdict = judged(request, theirs, wrong)
            tried[request["op"]] += verdict.kind != "later"
            if verdict.kind in ("same", "chosen"):
                passed[request["op"], verdict.row or "same"] += 1
    for op, count in tried.items():
        rows = ", ".join(f"{row} {each}" for (of, row), each in passed.items() if of == op)
        print(f"{op:<20}{count:>6} wrong answers, passed: {rows or 'none'}")


def judged(request: Message, theirs: Message, wrong: Message) -> Verdict:
    """Compare as a run would; a claim that stumbles over a wrong answer has noticed it."""
    try:
        return port.verdict(request, theirs, wrong)
    except (AttributeError, LookupError, TypeError):
        return Verdict("different")


def recorded() -> Iterator[tuple[Message, Message]]:
    """Yield each recorded request with its answer."""
    for path in sorted(golden.CASES.glob("*.jsonl")):
        for line in path.read_text(encoding="ascii").splitlines():
            case = wire.encode(wire.loads(line))
            yield case["request"], case["answer"]


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
