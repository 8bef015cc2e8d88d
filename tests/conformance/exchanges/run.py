"""Compares the HTTP requests of a port with the reference's, on generated cases.

    python -m tests.conformance.exchanges.run COUNT=5000 SEEDS=1..3
    python -m tests.conformance.exchanges.run COUNT=1000 tests/plugins/slack/exchanges.py

A word that ends with `.py` is a file with a `PORT`; without one Qualtrics, Slack and Webhook Audiences
are compared. COUNT is the number of cases of each action, spread over the seeds.

Ends with 0 where nothing differs without a row and at least a third is the same, 1 where something
does, 2 where the reference cannot be run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from runpy import run_path

from tests.conformance import oracle
from tests.conformance.exchanges import sides
from tests.conformance.exchanges.comparison import Tally, judge
from tests.conformance.exchanges.differences import rows_of_differences
from tests.conformance.exchanges.records import Case, Port
from tests.conformance.generate.chance import Chance

ROOT = Path(__file__).parents[3]
PORTS = (
    "tests/conformance/exchanges/qualtrics.py",
    "tests/plugins/slack/exchanges.py",
    "tests/plugins/webhook_audiences/exchanges.py",
)
#: The moment of every case: what `new Date()` is there, and `received_at` here.
NOW = "2026-03-02T09:30:15.999+00:00"
_AT_ONCE = 1000  # cases


def main(words: Sequence[str] | None = None) -> int:
    """Compare the ports that the words name, print the counts, and return the exit code."""
    words = sys.argv[1:] if words is None else words
    options = dict(word.split("=", 1) for word in words if "=" in word)
    files = [word for word in words if word.endswith(".py")] or PORTS
    count = int(options.get("COUNT") or 1000)
    code = 0
    try:
        for file in files:
            port = load_port(ROOT / file)
            for action in port.makers:
                tally = compare(port, action, count, _seeds(options.get("SEEDS") or "1"))
                print(as_text(port, action, tally), flush=True)
                code = code if tally.holds else 1
    except oracle.UnavailableError as problem:
        print(problem, file=sys.stderr)
        return 2
    return code


def load_port(file: Path) -> Port:
    """Return the `PORT` of a file, which may import what stands beside it."""
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    port: Port = run_path(str(file))["PORT"]
    return port


def make_cases(port: Port, action: str, count: int, seed: int) -> Iterator[Case]:
    """Yield cases of an action; the same seed makes the same ones."""
    for number in range(count):
        name = f"{port.reference}-{action}-{seed}-{number}"
        case = port.makers[action](Chance(name))
        yield {"id": name, "destination": port.reference, "now": NOW, **case}


def compare(port: Port, action: str, count: int, seeds: Sequence[int]) -> Tally:
    """Compare `count` cases of an action, spread over seeds."""
    tally = Tally()
    for seed, share in zip(seeds, _shares(count, len(seeds)), strict=True):
        cases = make_cases(port, action, share, seed)
        while some := list(islice(cases, _AT_ONCE)):
            _compare_some(port, some, tally)
    return tally


def _compare_some(port: Port, cases: Sequence[Case], tally: Tally) -> None:
    answers = sides.ask_reference(cases)
    for case, answer, ours in zip(cases, answers, sides.deliver_all(port, cases), strict=True):
        theirs = sides.read_reference(answer)
        tally.add(case, judge(port, case, theirs, ours, answer["payload"]))


def as_text(port: Port, action: str, tally: Tally) -> str:
    """Return the counts of an action, and its first differences."""
    rows: Mapping[str, str] = {**rows_of_differences("DHQ"), **port.rows}
    kinds = ", ".join(f"{tally.kinds[kind]:,} {kind}" for kind in ("same", "chosen", "different"))
    lines = [f"{port.reference} {action}: {kinds}"]
    for row, count in sorted(tally.rows.items(), key=lambda pair: (pair[0][0], int(pair[0][1:]))):
        lines.append(f"  {row:<4} {count:>6,}  {_cut(rows[row])}")
    for case, why in tally.differences:
        lines.append(f"  different: {case['id']}")
        lines += [f"    {line[:1000]}" for line in why.splitlines()]
    if 3 * tally.kinds["same"] < tally.kinds.total():
        lines.append("  less than a third is the same, so these cases prove little")
    return "\n".join(lines)


def _cut(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:89]}…"


def _shares(count: int, parts: int) -> list[int]:
    return [count * (part + 1) // parts - count * part // parts for part in range(parts)]


def _seeds(word: str) -> Sequence[int]:
    first, _, last = word.partition("..")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    sys.exit(main())
