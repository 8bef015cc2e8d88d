"""Draws `docs/plots/`: the cost of an event by size, mapping, subscriptions and load.

    python -m tests.bench.plots [--drawn-again] [--seconds S]

The figures are stored in the cache folder of the benchmarks. `--drawn-again` draws the stored
figures without measuring. The same figures give the same files.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matplotlib import rcParams
from matplotlib.figure import Figure

from tests.bench import partner
from tests.bench.counting import rerun_with_fixed_hashes
from tests.bench.curves import Curve, by_event_size, by_mapping_size, by_subscriptions, under_load
from tests.bench.harness import CACHE, HERE
from tests.bench.processes import Lab

FOLDER = HERE.parents[1] / "docs" / "plots"
_STORED = CACHE / "plots.json"
_COSTS = {
    "microseconds": "microseconds",
    "opcodes": "bytecodes",
    "rate": "events per second",
}
_GROWS = {
    "event-size": "size of the event, KB of JSON",
    "mapping-size": "fields of the mapping",
    "subscriptions": "subscriptions, one of which matches the event",
    "load": "events in flight",
}


def main() -> int:
    """Measure, except with `--drawn-again`, and draw every plot."""
    exit_code = rerun_with_fixed_hashes("tests.bench.plots")
    if exit_code is not None:
        return exit_code
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plots")
    parser.add_argument("--drawn-again", action="store_true", help="draw the stored figures")
    parser.add_argument("--seconds", type=float, default=0.2, help="duration of each measurement")
    arguments = parser.parse_args()
    if not arguments.drawn_again:
        _store(measured(arguments.seconds))
    stored = json.loads(_STORED.read_text(encoding="utf-8"))
    for name, curves in stored.items():
        draw(name, [Curve(**curve) for curve in curves], FOLDER / f"{name}.svg")
    return 0


def measured(seconds: float) -> Mapping[str, Sequence[Curve]]:
    """Return the curves of each plot."""
    measures: Mapping[str, Callable[[float], Any]] = {
        "event-size": by_event_size,
        "mapping-size": by_mapping_size,
        "subscriptions": by_subscriptions,
    }
    curves = {name: list(measure(seconds)) for name, measure in measures.items()}
    with partner.background() as url, tempfile.TemporaryDirectory() as folder:
        return {**curves, "load": list(under_load(Lab(url, Path(folder), (), seconds)))}


def draw(name: str, curves: Sequence[Curve], path: Path) -> None:
    """Draw curves, one panel per cost.

    Axes are logarithmic, except for rates: a cost in proportion to the size has a slope of 1, and a
    constant cost is level.
    """
    rcParams.update({"svg.hashsalt": "destination-kit", "svg.fonttype": "none", "font.size": 9})
    costs = list(curves[0].costs)
    figure = Figure(figsize=(4.5 * len(costs), 3.2), layout="constrained")
    for axes, cost in zip(figure.subplots(1, len(costs), squeeze=False)[0], costs, strict=True):
        for curve in curves:
            axes.plot(curve.grows, curve.costs[cost], marker="o", markersize=3, label=curve.name)
        axes.set_xscale("log")
        axes.set_yscale("linear" if cost == "rate" else "log")
        axes.set_xticks(curves[0].grows, [f"{size:.{_digits(size)}g}" for size in curves[0].grows])
        axes.minorticks_off()
        axes.set_xlabel(_GROWS[name])
        axes.set_ylabel(f"{_COSTS[cost]}{'' if cost == 'rate' else ' per event'}")
        if cost == "rate":
            axes.set_ylim(bottom=0)
        axes.grid(visible=True, linewidth=0.3)
    figure.legend(
        *figure.axes[0].get_legend_handles_labels(),
        loc="outside upper left",
        frameon=False,
        ncols=2,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def _digits(number: float) -> int:
    return 3 if number >= 100 else 2


def _store(plots: Mapping[str, Sequence[Curve]]) -> None:
    document = {name: [asdict(curve) for curve in curves] for name, curves in plots.items()}
    _STORED.parent.mkdir(parents=True, exist_ok=True)
    _STORED.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
