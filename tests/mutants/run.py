"""Changes the code in one place at a time, and counts the changes that no test notices.

    python -m tests.mutants.run                      every change
    python -m tests.mutants.run --count 40           a random sample, of a seed that is printed
    python -m tests.mutants.run --count 40 --seed 7 destination_kit/fql

Ends with 1 if the tests notice fewer than `--at-least` of 100 changes. `harmless.toml` lists the
changes that alter no behaviour, with the reason; they count neither way. What survives is printed
as a difference. Which tests run a line is recorded in .cache/mutants, for changed files again.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import secrets
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import Protocol

from tests.mutants.covering import Covering
from tests.mutants.judging import Change, FastJudge, Verdict
from tests.mutants.mutations import Mutation, find_mutations
from tests.mutants.recording import FAST, Recording
from tests.mutants.slow import SlowJudge

ROOT = Path(__file__).parents[2]
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
_PYTEST = ("-m", FAST, "--timeout=45")
_OUTCOMES = ("noticed", "survived", "harmless")


class Judge(Protocol):
    """Runs tests against a change."""

    def judge(self, change: Change, tests: Sequence[str]) -> Verdict:
        """Return whether a test fails."""
        ...


@dataclass(frozen=True, slots=True)
class Examined:
    """A mutation with what it changes, its tests, and what became of it."""

    mutation: Mutation
    change: Change
    #: The lines before and after, with - and + in front.
    difference: tuple[str, ...]
    tests: Sequence[str]
    is_harmless: bool
    verdict: Verdict | None = None

    @property
    def outcome(self) -> str:
        """Return the column of the table that counts it."""
        if self.is_harmless:
            return "harmless"
        return "noticed" if self.verdict and self.verdict.noticed else "survived"


def main(words: Sequence[str]) -> int:
    """Make the changes, print what survived and a table, return the exit code."""
    options = _parse(words)
    seed = options.seed if options.seed is not None else secrets.randbelow(10**6)
    mutations = list(find_mutations(ROOT, _modules(options.paths or MUTATED)))
    if options.count and options.count < len(mutations):
        print(f"{options.count} of {len(mutations)} changes, --seed {seed}", flush=True)
        mutations = sorted(random.Random(seed).sample(mutations, options.count))  # noqa: S311 - a draw, no secret
    recording = Recording(ROOT, ROOT / ".cache" / "mutants")
    if not options.keep_recording:
        recording.update()
    paths = {mutation.path for mutation in mutations}
    covering = Covering.read(ROOT, recording.data_file, recording.durations, paths)
    prepared = list(_prepare(mutations, covering, options.budget))
    judge = _judge_slowly if options.slow else _judge_fast
    examined = list(judge(prepared, covering, options.jobs))
    return _report(examined, options.at_least)


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run")
    parser.add_argument("paths", nargs="*", help="files or folders, of those that are mutated")
    parser.add_argument("--count", type=int, help="how many changes to draw at random")
    parser.add_argument("--seed", type=int, help="the seed of the draw")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--at-least", type=float, default=90.0, help="per cent to be noticed")
    parser.add_argument(
        "--budget",
        type=float,
        default=20.0,
        help="processor seconds of tests for each change; one that these do not notice has survived",
    )
    parser.add_argument(
        "--keep-recording", action="store_true", help="record no test again, changed or not"
    )
    parser.add_argument(
        "--slow", action="store_true", help="a process of pytest per change, in place of a fork"
    )
    return parser.parse_args(words)


def _modules(paths: Sequence[str]) -> Iterator[Path]:
    for name in paths:
        path = ROOT / name
        for module in [path] if path.is_file() else sorted(path.rglob("*.py")):
            if not module.relative_to(ROOT).as_posix().startswith(_SIMULATOR):
                yield module


def _read_harmless() -> set[tuple[str, ...]]:
    """Return the changes without effect, each as the path and the line before and after."""
    text = (Path(__file__).parent / "harmless.toml").read_text(encoding="utf-8")
    changes = tomllib.loads(text).get("change", [])
    return {(change["path"], change["before"], change["after"]) for change in changes}


def _prepare(
    mutations: Sequence[Mutation], covering: Covering, budget: float
) -> Iterator[Examined]:
    """Yield each mutation with what is known before a test runs."""
    harmless = _read_harmless()
    for mutation in mutations:
        source = (ROOT / mutation.path).read_text(encoding="utf-8")
        changed = mutation.apply(source)
        lines = difflib.unified_diff(source.splitlines(), changed.splitlines(), n=0, lineterm="")
        difference = tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))
        at_import = covering.runs_at_import(mutation.path, source, mutation.line)
        tests = covering.find_tests(mutation.path, source, mutation.line)
        stripped = (line[1:].strip() for line in difference)
        yield Examined(
            mutation,
            Change(path=mutation.path, source=changed, at_import=at_import),
            difference,
            list(_within(budget, tests, covering)),
            is_harmless=(mutation.path, *stripped) in harmless,
        )


def _within(budget: float, tests: Sequence[str], covering: Covering) -> Iterator[str]:
    for test in tests:
        budget -= covering.seconds.get(test, 0.0)
        if budget < 0:
            return
        yield test


def _judge_fast(prepared: Sequence[Examined], covering: Covering, jobs: int) -> Iterator[Examined]:
    tests = {test for examined in prepared for test in examined.tests}
    judge = FastJudge.start(ROOT, jobs, _PYTEST, tests, covering.seconds)
    with closing(judge):
        yield from _judge_all(prepared, [judge] * jobs)


def _judge_slowly(
    prepared: Sequence[Examined], _covering: Covering, jobs: int
) -> Iterator[Examined]:
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield from _judge_all(
            prepared, [SlowJudge(ROOT, scratch / str(number), _PYTEST) for number in range(jobs)]
        )


def _judge_all(prepared: Sequence[Examined], judges: Sequence[Judge]) -> Iterator[Examined]:
    """Yield each mutation with its verdict, and print those that survive."""
    free: SimpleQueue[Judge] = SimpleQueue()
    for judge in judges:
        free.put(judge)

    def examine(examined: Examined) -> Examined:
        if examined.is_harmless or not examined.tests:
            return examined
        judge = free.get()
        try:
            return replace(examined, verdict=judge.judge(examined.change, examined.tests))
        finally:
            free.put(judge)

    start = last = monotonic()
    with ThreadPoolExecutor(len(judges)) as pool:
        for number, examined in enumerate(pool.map(examine, prepared), 1):
            if examined.outcome == "survived":
                _print_survivor(examined)
            yield examined
            if monotonic() - last > 30:
                last = monotonic()
                spent = f"{last - start:.0f} s"
                print(f"{number} of {len(prepared)} in {spent}", file=sys.stderr, flush=True)


def _print_survivor(examined: Examined) -> None:
    tests = f"{len(examined.tests)} tests" if examined.tests else "no test"
    place = f"{examined.mutation.path}:{examined.mutation.line}"
    print(f"{place} ({tests})", *examined.difference, sep="\n", flush=True)


def _report(examined: Sequence[Examined], at_least: float) -> int:
    """Print a line per module and the total, and return the exit code."""
    modules: dict[str, Counter[str]] = {}
    for change in examined:
        modules.setdefault(change.mutation.path, Counter())[change.outcome] += 1
    total = sum(modules.values(), Counter())
    print("changes", *_OUTCOMES)
    for name, counts in [*sorted(modules.items()), ("in all", total)]:
        figures = (counts.total(), *(counts[outcome] for outcome in _OUTCOMES))
        print("{:7} {:7} {:8} {:8} ".format(*figures), name)
    verdicts = [change.verdict for change in examined if change.verdict]
    endless = sum(verdict.endless for verdict in verdicts if verdict.noticed)
    untested = sum(not change.tests and not change.is_harmless for change in examined)
    print(f"{endless} were noticed by the time that they took; no test runs {untested}")
    counted = total.total() - total["harmless"]
    share = 100 * total["noticed"] / counted if counted else 100.0
    print(f"{share:.1f} % of {counted} changes were noticed; {at_least:g} % are wanted")
    return 0 if share >= at_least else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
