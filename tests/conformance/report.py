"""Counts the verdicts of a comparison and shows them to a person or to a program."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.cases import Case
from tests.conformance.compare import Verdict

Message = dict[str, Any]

_COLUMNS = ("same", "translated", "chosen", "different")
_WIDTH = 1500  # characters of a message that are shown


@dataclass(slots=True)
class Tally:
    """How many cases of each operation got which verdict; `keep` differences of each whole."""

    keep: int
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    pairs: list[tuple[Case, str]] = field(default_factory=list)

    def add(self, case: Case, verdict: Verdict) -> None:
        """Count one case; one that is different is kept, with what differs."""
        key = case.kind, verdict.kind
        self.verdicts[key] += 1
        if verdict.row is not None:
            self.rows[verdict.row] += 1
        if verdict.kind == "different" and self.verdicts[key] <= self.keep:
            self.pairs.append((case, verdict.why))

    def count(self, kind: str) -> int:
        """Return how many cases of all operations got this verdict."""
        return sum(count for (_, each), count in self.verdicts.items() if each == kind)


def as_text(tally: Tally) -> str:
    """Return the table per operation, the counts per row, and the differences kept."""
    operations = dict.fromkeys(op for op, _ in tally.verdicts)
    lines = [_line("", "cases", *_COLUMNS)]
    lines += [_line(op, *_counts(tally, op)) for op in operations]
    lines.append(_line("all", tally.verdicts.total(), *map(tally.count, _COLUMNS)))
    rows = sorted(tally.rows.items(), key=lambda item: int(item[0][1:]))
    chosen = ", ".join(f"{row} {count:,}" for row, count in rows) or "none"
    return "\n".join([*lines, "", f"chosen differences: {chosen}", *map(shown, tally.pairs)])


def as_json(tally: Tally) -> str:
    """Return the same as one JSON object."""
    operations = dict.fromkeys(op for op, _ in tally.verdicts)
    return json.dumps(
        {
            "operations": {
                op: dict(zip(("cases", *_COLUMNS), _counts(tally, op), strict=True))
                for op in operations
            },
            "rows": dict(sorted(tally.rows.items())),
            "different": [
                {"request": case.request, "theirs": case.theirs, "ours": case.ours, "why": why}
                for case, why in tally.pairs
            ],
        },
        indent=2,
    )


def _counts(tally: Tally, op: str) -> list[int]:
    counts = [tally.verdicts[op, kind] for kind in _COLUMNS]
    return [sum(counts), *counts]


def _line(name: str, *cells: object) -> str:
    shown = (f"{cell:,}" if isinstance(cell, int) else cell for cell in cells)
    return f"{name:<20}" + "".join(f"{cell:>11}" for cell in shown)


def shown(pair: tuple[Case, str]) -> str:
    """Return a difference for a person: the request, and both answers."""
    case, why = pair
    asked = {key: value for key, value in case.request.items() if key not in ("id", "op")}
    lines = [f"\n{case.request['id']} {case.request['op']}: {why}"]
    lines += [f"    {key:<10} {_cut(value)}" for key, value in asked.items()]
    sides = ("theirs", case.theirs), ("ours", case.ours)
    lines += [f"  {side:<12} {_cut(_content(answer))}" for side, answer in sides]
    return "\n".join(lines)


def _content(answer: Message) -> object:
    return {key: value for key, value in answer.items() if key not in ("id", "class")}


def _cut(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
