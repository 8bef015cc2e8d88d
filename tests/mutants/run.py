"""Changes the code in one place at a time, and counts the changes that no test notices.

    python -m tests.mutants.run                      every change; takes hours
    python -m tests.mutants.run --count 40           a random sample, of a seed that is printed
    python -m tests.mutants.run --count 40 --seed 7 destination_kit/fql

Ends with 1 if the tests notice fewer than `--at-least` of 100 changes. `harmless.toml` lists the
changes that alter no behaviour, with the reason; they count neither way. What survives is printed
as a difference. The tests of a changed line come from a coverage run, stored in .cache/mutants.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import cache_from_source
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

from tests.mutants.covering import FAST, Covering, record_coverage
from tests.mutants.mutations import Mutation, find_mutations

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "mutants"
MUTATED = (
    "destination_kit/fql",
    "destination_kit/fields",
    "destination_kit/mapping",
    "destination_kit/runtime",
    "destination_kit/http",
    "destination_kit/delivery",
    "destination_kit/_redact.py",
    "destinations/qualtrics",
)
_SIMULATOR = "destinations/qualtrics/simulator"
# The likeliest tests come first, so most changes are noticed within the first few. All others that
# run the line follow only where these notice nothing.
_FIRST_TESTS = 60
# Some changes make a loop endless. A test that runs into its limit notices them as well.
_SECONDS = 120


def main(words: Sequence[str]) -> int:
    """Make the changes, print what survived and a table, return the exit code."""
    options = _parse(words)
    seed = options.seed if options.seed is not None else secrets.randbelow(10**6)
    mutations = list(find_mutations(ROOT, _modules(options.paths or MUTATED)))
    if options.count and options.count < len(mutations):
        print(f"{options.count} of {len(mutations)} changes, --seed {seed}", flush=True)
        mutations = sorted(random.Random(seed).sample(mutations, options.count))  # noqa: S311 - a draw, no secret
    data_file = CACHE / "coverage"
    if not data_file.exists() or (not options.keep_coverage and _is_stale(data_file)):
        record_coverage(ROOT, data_file)
    covering = Covering.read(ROOT, data_file)
    harmless = _read_harmless()
    verdicts: dict[Mutation, str] = {}
    for mutation, verdict, difference in _examine(mutations, covering, options.jobs):
        change = tuple(line[1:].strip() for line in difference if line[0] in "+-")
        verdicts[mutation] = "harmless" if change in harmless.get(mutation.path, ()) else verdict
        if verdicts[mutation] == "survived":
            print(f"{mutation.path}:{mutation.line}", *difference, sep="\n", flush=True)
    return _report(verdicts, options.at_least)


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run")
    parser.add_argument("paths", nargs="*", help="files or folders, of those that are mutated")
    parser.add_argument("--count", type=int, help="how many changes to draw at random")
    parser.add_argument("--seed", type=int, help="the seed of the draw")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--at-least", type=float, default=90.0, help="per cent to be noticed")
    parser.add_argument(
        "--keep-coverage", action="store_true", help="use the coverage recorded last"
    )
    return parser.parse_args(words)


def _is_stale(data_file: Path) -> bool:
    recorded = data_file.stat().st_mtime
    folders = ("destination_kit", "destinations", "tests")
    modules = (module for folder in folders for module in (ROOT / folder).rglob("*.py"))
    return any(module.stat().st_mtime > recorded for module in modules)


def _modules(paths: Sequence[str]) -> Iterator[Path]:
    for name in paths:
        path = ROOT / name
        for module in [path] if path.is_file() else sorted(path.rglob("*.py")):
            if not module.relative_to(ROOT).as_posix().startswith(_SIMULATOR):
                yield module


def _read_harmless() -> dict[str, set[tuple[str, ...]]]:
    """Return path -> the changes without effect, each as the line before and after."""
    text = (Path(__file__).parent / "harmless.toml").read_text(encoding="utf-8")
    known: dict[str, set[tuple[str, ...]]] = {}
    for change in tomllib.loads(text).get("change", []):
        known.setdefault(change["path"], set()).add((change["before"], change["after"]))
    return known


def _examine(
    mutations: Sequence[Mutation], covering: Covering, jobs: int
) -> Iterator[tuple[Mutation, str, list[str]]]:
    """Yield each mutation with its verdict and the lines that change."""
    copies: SimpleQueue[Path] = SimpleQueue()
    start = last = monotonic()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(jobs) as pool:
        for number in range(jobs):
            copies.put(_copy_project(Path(scratch) / str(number)))

        def judge(mutation: Mutation) -> tuple[str, list[str]]:
            copy = copies.get()
            try:
                return _judge(copy, mutation, covering)
            finally:
                copies.put(copy)

        judged = zip(mutations, pool.map(judge, mutations), strict=True)
        for number, (mutation, (verdict, difference)) in enumerate(judged, 1):
            yield mutation, verdict, difference
            if monotonic() - last > 30:
                last = monotonic()
                spent = f"{last - start:.0f} s"
                print(f"{number} of {len(mutations)} in {spent}", file=sys.stderr, flush=True)


def _copy_project(folder: Path) -> Path:
    left_out = shutil.ignore_patterns(".venv*", ".cache", ".git", "__pycache__", "*_cache", "dist")
    shutil.copytree(ROOT, folder, ignore=left_out)
    return folder


def _judge(copy: Path, mutation: Mutation, covering: Covering) -> tuple[str, list[str]]:
    """Run the tests of a line against its change in this copy of the project."""
    path = copy / mutation.path
    source = path.read_text(encoding="utf-8")
    changed = mutation.apply(source)
    lines = difflib.unified_diff(source.splitlines(), changed.splitlines(), n=0, lineterm="")
    difference = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    tests = covering.find_tests(mutation.path, mutation.line)
    path.write_text(changed, encoding="utf-8")
    try:
        for part in (tests[:_FIRST_TESTS], tests[_FIRST_TESTS:]):
            # Python compares size and second of a module only, so it could run the old bytecode.
            Path(cache_from_source(str(path))).unlink(missing_ok=True)
            if part and _tests_fail(copy, part):
                return "noticed", difference
    finally:
        path.write_text(source, encoding="utf-8")
        Path(cache_from_source(str(path))).unlink(missing_ok=True)
    return "survived" if tests else "no test", difference


def _tests_fail(copy: Path, tests: Sequence[str]) -> bool:
    arguments = copy / ".tests"
    arguments.write_text("\n".join(tests), encoding="utf-8")
    options = ["-x", "-n", "0", "-m", FAST, "--timeout=60", "--hypothesis-seed=0", "-p", "no:cov"]
    command = [sys.executable, "-m", "pytest", *options, "-p", "no:randomly", "@.tests"]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            timeout=_SECONDS,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    if "ERROR: not found: " in done.stdout + done.stderr:
        message = "a test is gone since the coverage was recorded: leave out --keep-coverage"
        raise RuntimeError(message)
    # Any other code is a test that failed, or a module that could not be imported.
    return done.returncode != 0


def _report(verdicts: dict[Mutation, str], at_least: float) -> int:
    """Print a line per module and the total."""
    modules: dict[str, Counter[str]] = {}
    for mutation, verdict in verdicts.items():
        modules.setdefault(mutation.path, Counter())[verdict] += 1
    total = sum(modules.values(), Counter())
    print("noticed survived untested harmless")
    for name, counts in [*sorted(modules.items()), ("in all", total)]:
        figures = (counts[each] for each in ("noticed", "survived", "no test", "harmless"))
        print("{:7} {:8} {:8} {:8} ".format(*figures), name)
    counted = total.total() - total["harmless"]
    share = 100 * total["noticed"] / counted if counted else 100.0
    print(f"{share:.1f} % of {counted} changes were noticed; {at_least:g} % are wanted")
    return 0 if share >= at_least else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
