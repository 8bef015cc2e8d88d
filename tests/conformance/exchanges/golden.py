"""Records exchanges of the reference, so that tests can do without Node.

    python -m tests.conformance.exchanges.golden

A file for each action holds cases with every row that its generator reaches. Of the script only
the rules are kept that answer a request.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from tests.conformance import oracle
from tests.conformance.exchanges import run, sides
from tests.conformance.exchanges.comparison import Tally, Verdict, judge
from tests.conformance.exchanges.records import Case, Exchange, Port
from tests.conformance.exchanges.script import ScriptedPartner

Recording: TypeAlias = tuple[Case, sides.RawAnswer]

CASES = Path(__file__).parents[1] / "cases" / "exchanges"
_SEED = 1001
_MADE = 2000  # cases of an action, of which few are kept
_SAME = 25
_PER_ROW = 2
_LONGEST = 5000  # characters


def main() -> int:
    """Rewrite every file of recordings; return the exit code."""
    CASES.mkdir(exist_ok=True)
    try:
        for file in run.PORTS:
            port = run.load_port(run.ROOT / file)
            for action in port.makers:
                recordings = list(_chosen(port, action))
                lines = (
                    json.dumps({"case": case, "answer": answer}) for case, answer in recordings
                )
                text = "".join(f"{line}\n" for line in lines)
                path_of(port, action).write_text(text, encoding="ascii")
                print(f"{port.reference} {action}: {len(recordings)} cases")
    except oracle.UnavailableError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


def path_of(port: Port, action: str) -> Path:
    """Return the file of an action's recordings."""
    return CASES / f"{port.reference}-{action}.jsonl"


def read_recordings(port: Port, action: str) -> list[Recording]:
    """Return the recorded cases of an action, with the reference's answers."""
    lines = path_of(port, action).read_text(encoding="ascii").splitlines()
    return [(each["case"], each["answer"]) for each in map(json.loads, lines)]


def judge_recordings(port: Port, recordings: Sequence[Recording]) -> Tally:
    """Compare what our destination does today with the recordings."""
    tally = Tally()
    for (case, _), (_, verdict) in zip(recordings, judged(port, recordings), strict=True):
        tally.add(case, verdict)
    return tally


def judged(port: Port, recordings: Sequence[Recording]) -> Iterator[tuple[Exchange, Verdict]]:
    """Yield what our destination does in each recorded case, and how it compares."""
    everything = sides.deliver_all(port, [case for case, _ in recordings])
    for (case, answer), ours in zip(recordings, everything, strict=True):
        theirs = sides.read_reference(answer)
        yield ours, judge(port, case, theirs, ours, answer["payload"])


def _chosen(port: Port, action: str) -> Iterator[Recording]:
    """Yield cases that are the same, and two of each row, with as few rules as they need."""
    cases = list(run.make_cases(port, action, _MADE, _SEED))
    recordings = list(zip(cases, sides.ask_reference(cases), strict=True))
    kept = Counter[str]()
    for recording, (ours, verdict) in zip(recordings, judged(port, recordings), strict=True):
        rows = verdict.rows or {verdict.kind}
        wanted = any(kept[row] < (_PER_ROW if verdict.rows else _SAME) for row in rows)
        small = _without_unused_rules(recording, ours)
        if wanted and len(json.dumps(small)) <= _LONGEST:
            kept.update(rows)
            yield small


def _without_unused_rules(recording: Recording, ours: Exchange) -> Recording:
    case, answer = recording
    used: set[int] = set()
    for exchange in (sides.read_reference(answer), ours):
        partner = ScriptedPartner(case["script"])
        for request in exchange.requests:
            partner.answer(request)
        used |= partner.used_rules
    script: list[dict[str, Any]] = [case["script"][index] for index in sorted(used)]
    return {**case, "script": script}, answer


if __name__ == "__main__":
    sys.exit(main())
