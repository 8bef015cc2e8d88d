"""Text tables of the benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from tests.bench.comparisons import ComparisonResult, Memory

_VERDICTS = {None: "", True: "reached", False: "MISSED"}


def speed_table(results: Sequence[ComparisonResult]) -> str:
    """Return a line per row, with the median, lowest and highest ratio of a round."""
    heads = ("", "ours", "other", "ratio", "of a round", "goal", "")
    return _table([heads, *map(_speed_line, results)]) if results else ""


def memory_table(memories: Sequence[Memory]) -> str:
    """Return a line per side, with its memory."""
    heads = ("memory", "events", "MB at most", "MB grown", "goal", "")
    return _table([heads, *map(_memory_line, memories)]) if memories else ""


def _speed_line(result: ComparisonResult) -> Sequence[str]:
    ratio, ratios, goal = result.ratio, result.ratios, result.row.goal
    return (
        result.row.title,
        _figure(median(result.ours), result.row.unit),
        _figure(median(result.other), result.row.unit) if result.other else "",
        "" if ratio is None else f"{ratio:.2f}",
        f"{min(ratios):.2f}-{max(ratios):.2f}" if ratios else _spread(result.ours),
        "" if goal is None or ratio is None else f"{goal:g}",
        _VERDICTS[result.reached],
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
