"""Compares this project with the reference on the known quirks and on generated requests.

    python -m tests.conformance.run SEEDS=1..20
    python -m tests.conformance.run 7 --ops matchFql,liquid --count 2000 --json
    python -m tests.conformance.run requests.jsonl
    python -m tests.conformance.run --coverage SEEDS=1..3

Ends with 0 where nothing differs but by choice, 1 where something does, 2 where the reference
cannot be run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

from tests.conformance import coverage, oracle, port, quirks, wire
from tests.conformance.asking import with_asides
from tests.conformance.cases import Case
from tests.conformance.generate.requests import OPS, make_rare_requests, make_requests
from tests.conformance.report import Tally, as_json, as_text

Message = dict[str, Any]

_PORT = [sys.executable, "-m", "tests.conformance.port"]
_ROOT = Path(__file__).parents[2]
_EVERY = 100  # cases between two signs of life


def main(words: Sequence[str] | None = None) -> int:
    """Run the comparison that the words ask for, print it and return the exit code."""
    options = _parser().parse_args(words)
    try:
        command = oracle.command()
    except oracle.UnavailableError as problem:
        print(problem, file=sys.stderr)
        return 2
    if options.coverage:
        print(coverage.as_text(coverage.measured(path for _, path in _collections(options))))
        return 0
    tally = compared(_collections(options), command, keep=options.show)
    print(as_json(tally) if options.json else as_text(tally))
    return 1 if tally.count("different") else 0


def compared(collections: Iterable[tuple[str, Path]], command: list[str], *, keep: int) -> Tally:
    """Compare what `command` and the port answer to named files of requests."""
    tally = Tally(keep=keep)
    for name, path in collections:
        cases = []
        for case in answers(path, command):
            cases.append(case)
            _progress(name, tally.verdicts.total() + len(cases))
        for case in with_asides(cases, lambda asked: oracle.ask(asked, command)):
            tally.add(case, port.verdict(case))
    _progress("", 0)
    return tally


def answers(cases: Path, command: list[str]) -> Iterator[Case]:
    """Ask both sides at once and yield each request with both answers, in order.

    All three carry tags, so that a `-0` of a request looks as it does in an answer.
    """
    with ExitStack() as stack:
        requests = stack.enter_context(cases.open(encoding="utf-8"))
        sides = [_started(stack, cases, each) for each in (command, _PORT)]
        for lines in zip(requests, *sides, strict=True):
            request, theirs, ours = (wire.encode(wire.loads(line)) for line in lines)
            if not request["id"] == theirs["id"] == ours["id"]:
                raise RuntimeError(f"the answers are out of step at {request['id']}")
            yield Case(request, theirs, ours)


def _started(stack: ExitStack, cases: Path, command: list[str]) -> Iterable[str]:
    """Start one side on the cases and return its lines; both run while we read in turn."""
    process = stack.enter_context(
        subprocess.Popen(
            command,
            cwd=_ROOT,
            env=oracle.environment(),
            stdin=stack.enter_context(cases.open(encoding="utf-8")),
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
    )
    return process.stdout or ()


def _collections(options: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    """Yield each collection of requests: a file, or the quirks and one per seed."""
    if any(word.endswith(".jsonl") for word in options.words):
        yield from ((word, Path(word)) for word in options.words)
        return
    ops = options.ops.split(",")
    known = (request for _, request in quirks.quirks() if request["op"] in ops)
    yield "quirks", _written("quirks", known)
    for seed in chain.from_iterable(_seeds(word) for word in options.words):
        made = make_requests(seed, options.count, ops), make_rare_requests(seed, ops)
        yield f"seed {seed}", _written(f"seed-{seed}", chain.from_iterable(made))


def _written(name: str, requests: Iterable[object]) -> Path:
    oracle.CACHE.mkdir(parents=True, exist_ok=True)
    path = oracle.CACHE / f"{name}.jsonl"
    path.write_text("".join(f"{wire.dumps(each)}\n" for each in requests), encoding="ascii")
    return path


def _seeds(word: str) -> range:
    first, _, last = word.removeprefix("SEEDS=").partition("..")
    return range(int(first), int(last or first) + 1)


def _progress(name: str, cases: int) -> None:
    if sys.stderr.isatty() and cases % _EVERY == 0:
        line = f"{name}: {cases:,} cases" if name else ""
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.run")
    parser.add_argument("words", nargs="*", default=["SEEDS=1..3"], metavar="SEEDS=1..20")
    parser.add_argument("--count", type=int, default=400, help="cases per operation and seed")
    parser.add_argument("--ops", default=",".join(OPS), help="operations, with commas")
    parser.add_argument("--show", type=int, default=3, help="differences to show per operation")
    parser.add_argument(
        "--coverage", action="store_true", help="measure which branches of the reference are run"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


if __name__ == "__main__":
    sys.exit(main())
