"""What was found of each definition: a line for a person, an object for a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.report import Tally, shown

Message = dict[str, Any]

_COUNTS = ("settings", "actions", "fields", "triggers", "presets")
_COMPARED = {"transform": "mappings", "matchFql": "matches", "validatePayload": "verdicts"}
_WIDTHS = (36, 10, 9, 8, 10, 9, 12, *[14] * 3, 7)
_FAULTS = 5  # that are shown of one definition


@dataclass(slots=True)
class Findings:
    """Everything found of one document; `faults` are what is wrong beside the comparisons.

    `round_trip` is where the document written again differs first, None where it does not.
    """

    slug: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))
    compiled: int = 0
    valid: int = 0
    round_trip: str | None = None
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=lambda: Tally(keep=3))

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong: no fault, no loss, no difference but by choice."""
        lost = self.round_trip is not None
        return not (self.faults or lost or self.tally.count("different"))

    def compared(self, op: str) -> dict[str, int]:
        """Return how many answers of an operation are the same, chosen and different."""
        counts = self.tally.verdicts
        return {
            "same": counts[op, "same"] + counts[op, "translated"],
            "chosen": counts[op, "chosen"],
            "different": counts[op, "different"],
        }


def head(kind: str) -> str:
    """Return the line above the definitions of a kind."""
    return _line(f"{kind} definition", *_COUNTS, "round trip", *_COMPARED.values(), "notes")


def as_line(found: Findings) -> str:
    """Return the line of one definition."""
    counts = {**found.counts, "triggers": f"{found.compiled}/{found.counts['triggers']}"}
    trip = "ok" if found.round_trip is None else found.round_trip or "/"
    compared = ("/".join(map(str, found.compared(op).values())) for op in _COMPARED)
    cells = (counts[name] for name in _COUNTS)
    return _line(found.slug, *cells, trip, *compared, len(found.notes))


def as_text(all_found: Sequence[Findings]) -> str:
    """Return what follows the lines: the sums, the rows chosen, and what is not clean."""
    clean = sum(each.is_clean for each in all_found)
    verdicts = [sum(each.compared("validatePayload").values()) for each in all_found]
    valid = sum(each.valid for each in all_found)
    lines = [
        "mappings, matches and verdicts: same/chosen/different",
        f"{len(all_found)} definitions, {clean} clean; {sum(verdicts):,} payloads, {valid:,} valid",
        f"chosen differences: {_rows(all_found)}",
    ]
    return "\n".join(["", *lines, *(line for each in all_found for line in _trouble(each))])


def as_json(all_found: Sequence[Findings]) -> str:
    """Return everything as one JSON list."""
    return json.dumps([_object(each) for each in all_found], indent=2)


def _rows(all_found: Sequence[Findings]) -> str:
    rows: dict[str, int] = {}
    for each in all_found:
        for row, count in each.tally.rows.items():
            rows[row] = rows.get(row, 0) + count
    ordered = sorted(rows.items(), key=lambda item: int(item[0][1:]))
    return ", ".join(f"{row} {count:,}" for row, count in ordered) or "none"


def _trouble(found: Findings) -> list[str]:
    if found.is_clean:
        return []
    lost = [] if found.round_trip is None else [f"{found.round_trip or '/'} is not written again"]
    told = [*lost, *found.faults[:_FAULTS], *map(shown, found.tally.pairs)]
    return [f"\n{found.slug}", *(f"  {each}" for each in told)]


def _object(found: Findings) -> Message:
    return {
        "slug": found.slug,
        "clean": found.is_clean,
        **found.counts,
        "triggersCompiled": found.compiled,
        "roundTrip": "ok" if found.round_trip is None else found.round_trip,
        **{name: found.compared(op) for op, name in _COMPARED.items()},
        "validPayloads": found.valid,
        "rows": dict(sorted(found.tally.rows.items())),
        "notes": found.notes,
        "faults": found.faults,
        "different": [
            {"request": case.request, "theirs": case.theirs, "ours": case.ours, "why": why}
            for case, why in found.tally.pairs
        ],
    }


def _line(*cells: object) -> str:
    padded = (
        f"{cell:>{width}}" if at else f"{cell:<{width}}"
        for at, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    )
    return "".join(padded)
