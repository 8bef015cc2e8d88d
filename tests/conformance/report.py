"""Counts the verdicts of a comparison and shows them to a person or to a program."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.compare import Verdict

Message = dict[str, Any]

_COLUMNS = ("same", "chosen", "different", "later")
_WIDTH = 1500  # characters of a message that are shown


@dataclass(frozen=True, slots=True)
class Pair:
    """A request whose two answers differ, and in what."""

    request: Message
    theirs: Message
    ours: Message
    why: str


@dataclass(slots=True)
class Tally:
    """How many cases of each operation got which verdict; `keep` differences of each whole."""

    keep: int
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    pairs: list[Pair] = field(default_factory=list)

    def add(self, messages: tuple[Message, Message, Message], verdict: Verdict) -> None:
        """Count one case: its request, their answer and ours."""
        key = messages[0]["op"], verdict.kind
        self.verdicts[key] += 1
        if verdict.row is not None:
            self.rows[verdict.row] += 1
        if verdict.kind == "different" and self.verdicts[key] <= self.keep:
            self.pairs.append(Pair(*messages, verdict.why))

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
    return "\n".join([*lines, "", f"chosen differences: {chosen}", *map(_shown, tally.pairs)])


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
                {"request": each.request, "theirs": each.theirs, "ours": each.ours, "why": each.why}
                for each in tally.pairs
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


def _shown(pair: Pair) -> str:
    asked = {key: value for key, value in pair.request.items() if key not in ("id", "op")}
    lines = [f"\n{pair.request['id']} {pair.request['op']}: {pair.why}"]
    lines += [f"    {key:<10} {_cut(value)}" for key, value in asked.items()]
    lines += [f"  {side:<12} {_cut(_content(answer))}" for side, answer in _sides(pair)]
    return "\n".join(lines)


def _sides(pair: Pair) -> tuple[tuple[str, Message], tuple[str, Message]]:
    return ("theirs", pair.theirs), ("ours", pair.ours)


def _content(answer: Message) -> object:
    return {key: value for key, value in answer.items() if key not in ("id", "class")}


def _cut(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
