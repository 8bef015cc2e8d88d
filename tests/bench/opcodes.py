"""Check of the bytecodes per event, against the figures in `opcodes.json`.

    python -m tests.bench.opcodes [--check | --write | --where PATH]

`--check` ends with 1 where a figure has grown by more than a tenth. `--write` stores the current
figures. `--where` lists the functions with the most bytecodes of a path. `tests.bench.counting`
explains what is counted. The figures of one Python version are the same in every run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from tests.bench.counting import rerun_with_fixed_hashes
from tests.bench.hot_paths import PATHS

Figures: TypeAlias = Mapping[str, float]
FILE = Path(__file__).with_suffix(".json")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
MOST = 0.1  # share by which a figure may grow


def main() -> int:
    """Run the command line; return the exit code."""
    exit_code = rerun_with_fixed_hashes("tests.bench.opcodes")
    if exit_code is not None:
        return exit_code
    parser = argparse.ArgumentParser(prog="python -m tests.bench.opcodes")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--check", action="store_true")
    modes.add_argument("--write", action="store_true")
    modes.add_argument("--where", choices=PATHS, metavar="PATH")
    arguments = parser.parse_args()
    if arguments.where:
        return _where(arguments.where)
    counted = {name: path.per_event(path.opcodes().total) for name, path in PATHS.items()}
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    print(table(kept.get(VERSION, {}), counted))
    if arguments.write:
        text = json.dumps({**kept, VERSION: counted}, indent=2, sort_keys=True)
        FILE.write_text(text + "\n", encoding="utf-8")
    return _report(faults(kept, VERSION, counted)) if arguments.check else 0


def faults(kept: Mapping[str, Figures], version: str, counted: Figures) -> list[str]:
    """Return a message per figure that grew too much; none for a version without stored figures."""
    if version not in kept:
        return []
    messages = []
    for name, now in counted.items():
        before = kept[version].get(name)
        if not before:
            messages.append(f"{name} has no figure yet; run: make bench-opcodes WRITE=1")
        elif now > before * (1 + MOST):
            more = f"{now / before - 1:.0%} more than the {before:,} before"
            messages.append(f"{name} takes {now:,} bytecodes, {more}")
    return messages


def table(kept: Figures, counted: Figures) -> str:
    """Return a line per path: current and stored bytecodes per event."""
    lines = [f"{f'bytecodes per event, {VERSION}':<28}{'now':>10}{'kept':>10}{'change':>9}"]
    for name, now in counted.items():
        before = kept.get(name)
        beside = f"{before:>10,}{now / before - 1:>+9.1%}" if before else f"{'none':>10}"
        lines.append(f"{name:<28}{now:>10,}{beside}")
    if not kept:
        lines.append(f"No figures of Python {VERSION} are kept, so none is checked.")
    return "\n".join(lines)


def _report(messages: Sequence[str]) -> int:
    for message in messages:
        print(message, file=sys.stderr)
    return int(bool(messages))


def _where(name: str, most: int = 25) -> int:
    path = PATHS[name]
    opcodes = path.opcodes()
    for function, count in opcodes.by_function().most_common(most):
        print(f"{path.per_event(count):>10,.1f}  {count / opcodes.total:>5.1%}  {function}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
