"""How many bytecodes our code executes for an event, kept beside this file per version of Python.

    python -m tests.bench.opcodes [--check | --write | --where PATH]

`--check` ends with 1 where a figure has grown by more than a tenth, `--write` keeps the figures as
they are now, `--where` names the functions that most of a path's bytecodes are in. What counts is
said in `tests.bench.counting`. The figures of one version are the same in every run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from tests.bench.counting import steadied
from tests.bench.hot_paths import PATHS

Figures: TypeAlias = Mapping[str, float]
FILE = Path(__file__).with_suffix(".json")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
MOST = 0.1  # of a figure, by which it may grow


def main() -> int:
    """Do what the command line asks for."""
    ended = steadied("tests.bench.opcodes")
    if ended is not None:
        return ended
    parser = argparse.ArgumentParser(prog="python -m tests.bench.opcodes")
    wish = parser.add_mutually_exclusive_group()
    wish.add_argument("--check", action="store_true")
    wish.add_argument("--write", action="store_true")
    wish.add_argument("--where", choices=PATHS, metavar="PATH")
    arguments = parser.parse_args()
    if arguments.where:
        return _where(arguments.where)
    counted = {name: each.per_event(each.tally().total) for name, each in PATHS.items()}
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    print(table(kept.get(VERSION, {}), counted))
    if arguments.write:
        text = json.dumps({**kept, VERSION: counted}, indent=2, sort_keys=True)
        FILE.write_text(text + "\n", encoding="utf-8")
    return _told(faults(kept, VERSION, counted)) if arguments.check else 0


def faults(kept: Mapping[str, Figures], version: str, counted: Figures) -> list[str]:
    """Return what is wrong with figures; a version of which none are kept has no faults."""
    if version not in kept:
        return []
    found = []
    for name, now in counted.items():
        before = kept[version].get(name)
        if not before:
            found.append(f"{name} has no figure yet; run: make bench-opcodes WRITE=1")
        elif now > before * (1 + MOST):
            more = f"{now / before - 1:.0%} more than the {before:,} before"
            found.append(f"{name} takes {now:,} bytecodes, {more}")
    return found


def table(kept: Figures, counted: Figures) -> str:
    """Return a line per path: bytecodes for an event, and what is kept."""
    lines = [f"{f'bytecodes per event, {VERSION}':<28}{'now':>10}{'kept':>10}{'change':>9}"]
    for name, now in counted.items():
        before = kept.get(name)
        beside = f"{before:>10,}{now / before - 1:>+9.1%}" if before else f"{'none':>10}"
        lines.append(f"{name:<28}{now:>10,}{beside}")
    if not kept:
        lines.append(f"No figures of Python {VERSION} are kept, so none is checked.")
    return "\n".join(lines)


def _told(found: Sequence[str]) -> int:
    for each in found:
        print(each, file=sys.stderr)
    return int(bool(found))


def _where(name: str, most: int = 25) -> int:
    path = PATHS[name]
    tally = path.tally()
    for place, count in tally.places().most_common(most):
        print(f"{path.per_event(count):>10,.1f}  {count / tally.total:>5.1%}  {place}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
