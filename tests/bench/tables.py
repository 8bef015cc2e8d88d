"""The tables that the benchmark prints."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from tests.bench.comparisons import Found, Memory

_VERDICTS = {None: "", True: "reached", False: "MISSED"}


def speed_table(found: Sequence[Found]) -> str:
    """Return a line per row; the ratio is that of the median round, beside the lowest and highest."""
    heads = ("", "ours", "other", "ratio", "of a round", "goal", "")
    return _table([heads, *map(_speed_line, found)]) if found else ""


def memory_table(memories: Sequence[Memory]) -> str:
    """Return a line per side."""
    heads = ("memory", "events", "MB at most", "MB grown", "goal", "")
    return _table([heads, *map(_memory_line, memories)]) if memories else ""


def _speed_line(found: Found) -> Sequence[str]:
    ratio, ratios, goal = found.ratio, found.ratios, found.row.goal
    return (
        found.row.title,
        _figure(median(found.ours), found.row.unit),
        _figure(median(found.other), found.row.unit) if found.other else "",
        "" if ratio is None else f"{ratio:.2f}",
        f"{min(ratios):.2f}-{max(ratios):.2f}" if ratios else _spread(found.ours),
        "" if goal is None or ratio is None else f"{goal:g}",
        _VERDICTS[found.reached],
    )


def _memory_line(memory: Memory) -> Sequence[str]:
    goal = f"under {memory.most:g}, flat" if memory.who == "ours" else ""
    return (
        memory.who,
        f"{memory.events:,}",
        f"{memory.megabytes:.0f}",
        f"{memory.grown:.1f}",
        goal,
        _VERDICTS[memory.reached] if goal else "",
    )


def _spread(values: Sequence[float]) -> str:
    return f"±{50 * (max(values) - min(values)) / median(values):.0f} %"


def _figure(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if unit == "ms" else f"{value:,.0f}{unit}"


def _table(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    first, *others = widths
    return "\n".join(
        f"{name:<{first}}"
        + "".join(f"  {text:>{width}}" for text, width in zip(texts, others, strict=True))
        for name, *texts in lines
    )
