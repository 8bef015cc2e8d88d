"""Compares what is read of published definitions with what the reference makes of them.

    python -m tests.conformance.definitions a/folder/of/definitions
    python -m tests.conformance.definitions one.json other.json --seed 7 --payloads 200 --json
    python -m tests.conformance.definitions a/folder/of/definitions --package

Per definition one line: how much is in it, how many of its triggers compile, whether it is written
again as it was, and how often both sides agree about its mappings, triggers and fields. Then each
key that a definition can have: what does here what the reference does with it, or that it is kept.
`--package` adds every destination of the npm package `@segment/action-destinations`: they are read,
written again, and their keys counted. Ends with 0 where every definition is clean and every key is
known, 1 where one is not, 2 where the reference cannot be run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from destination_kit import ConfigurationError, Destination
from destination_kit.segment import read_definition, write_definition
from destination_kit.segment.read_definition import Imported
from destination_kit.segment.write_fields import is_same
from tests.conformance import definition_keys, oracle, port
from tests.conformance.asking import Ask
from tests.conformance.definition_cases import Amount, Inquiry
from tests.conformance.definition_parts import count_fields
from tests.conformance.definition_report import Findings, as_json, as_line, as_text, head
from tests.conformance.values import unequal

Message = dict[str, Any]
Read = Callable[[Message], Imported]

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_PACKAGES = _ROOT / "tests" / "bench"
_CACHE = _ROOT / ".cache" / "bench"
_MODULES = "BENCH_MODULES"


def main(words: Sequence[str] | None = None) -> int:
    """Compare the definitions that the words name, print what is found, return the exit code."""
    options = _parser().parse_args(words)
    try:
        ask = partial(oracle.ask, by=oracle.command())
        package = export_package() if options.package else []
    except oracle.UnavailableError as problem:
        print(problem, file=sys.stderr)
        return 2
    published = [*_files(options.places)]
    drawn = draw(package, options.package, options.seed)
    amount = Amount(options.seed, options.events, options.payloads)
    examine = partial(examined_file, ask=ask, amount=amount)
    found: list[Findings] = []
    with ProcessPoolExecutor(options.workers) as pool:
        for kind, paths in (("published", published), ("exported", drawn)):
            found += _shown(kind, pool.map(examine, paths), quiet=options.json)
    print(as_json(found) if options.json else as_text(found))
    faults = [*check_keys(published, package, quiet=options.json)]
    print("".join(f"{fault}\n" for fault in faults), end="", file=sys.stderr)
    return 0 if found and all(each.is_clean for each in found) and not faults else 1


def draw(paths: Sequence[Path], count: str | None, seed: int) -> list[Path]:
    """Return so many of the exported definitions, drawn by a seed; `all` means each of them."""
    if count in {None, "all"}:
        return list(paths)
    chance = Random(f"definitions {seed}")  # noqa: S311 - the same seed draws the same ones
    return sorted(chance.sample(paths, min(int(str(count)), len(paths))))


def _shown(kind: str, everything: Iterable[Findings], *, quiet: bool) -> Iterator[Findings]:
    """Yield findings, and print the line of each as soon as it and those before it are there."""
    for number, found in enumerate(everything):
        if not quiet:
            print("\n".join([*([head(kind)] if number == 0 else []), as_line(found)]), flush=True)
        yield found


def export_package() -> list[Path]:
    """Return the exported definitions of the npm package; what is missing is installed first."""
    runtime = oracle.node()
    if _MODULES not in os.environ:
        oracle.install(_PACKAGES, _CACHE)
    folder = _CACHE / "definitions"
    shutil.rmtree(folder, ignore_errors=True)
    modules = os.environ.get(_MODULES, str(_CACHE / "node_modules"))
    command = [runtime, str(_HERE / "export_definitions.mjs"), str(folder)]
    if subprocess.run(command, env={**os.environ, _MODULES: modules}, check=False).returncode:
        raise oracle.UnavailableError("A destination of the npm package cannot be exported.")
    return sorted(folder.glob("*.json"))


def check_keys(places: Iterable[Path], package: Sequence[Path], *, quiet: bool) -> Iterator[str]:
    """Print each key with its counterpart; yield unknown keys, and losses in the package."""
    published = [loaded for path in places if (loaded := _load(path))]
    exported = [loaded for path in package if (loaded := _load(path))]
    counts = definition_keys.count_keys([*published, *exported])
    if not quiet:
        print(definition_keys.as_table(counts, len(published), len(exported)))
    yield from definition_keys.unknown(counts)
    for document in exported:
        yield from check_export(document)


def check_export(document: Message) -> Iterator[str]:
    """Yield what is lost of an exported definition that is read and written again."""
    published = _without_functions(document)
    imported = read_definition(published)
    for note in imported.notes:
        yield f"{document['slug']}: {note}"
    if (lost := first_loss(published, imported.destination)) is not None:
        yield f"{document['slug']}: {lost or '/'} is not written again"


def _without_functions(document: Message) -> Message:
    """Return an exported definition in the published shape, which lists no functions."""
    return {key: value for key, value in document.items() if key != "functions"}


def _load(path: Path) -> Message | None:
    """Return a definition; None for a file without one, of which its own line tells."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and "actions" in document else None


def examined_file(path: Path, ask: Ask, amount: Amount) -> Findings:
    """Examine the definition in a file; one that cannot be read is not clean."""
    try:
        return examined(_without_functions(json.loads(path.read_text("utf-8"))), ask, amount)
    except (ConfigurationError, OSError, ValueError) as error:
        told = [f"{path} cannot be read: {error}"]
        return Findings(path.stem, round_trip="", faults=told)


def examined(document: Message, ask: Ask, amount: Amount, read: Read = read_definition) -> Findings:
    """Compare one document with what `read` makes of it, each part with the reference's answers."""
    imported = read(document)
    inquiry = Inquiry(document, imported.destination, amount)
    found = Findings(str(document["slug"]), notes=[str(each) for each in imported.notes])
    for case in inquiry.cases(ask):
        found.tally.add(case, port.verdict(case))
        found.valid += case.request["op"] == "validatePayload" and "ok" in case.theirs
    if inquiry.refused:
        found.tally.rows["D5"] += inquiry.refused
    found.counts = _counts(document) | {"triggers": inquiry.triggers}
    found.compiled, found.faults = inquiry.compiled, inquiry.faults
    found.round_trip = first_loss(document, imported.destination)
    return found


def first_loss(document: Message, destination: Destination) -> str | None:
    """Return the first place at which the document written again differs, None if there is none."""
    written = write_definition(destination)
    if is_same(document, written):
        return None
    return next(unequal(document, written), "")


def _counts(document: Message) -> dict[str, int]:
    actions = document.get("actions") or {}
    return {
        "settings": len((document.get("authentication") or {}).get("fields") or ()),
        "actions": len(actions),
        "fields": sum(count_fields(each.get("fields")) for each in actions.values()),
        "presets": len(document.get("presets") or ()),
    }


def _files(places: Sequence[str]) -> Iterator[Path]:
    for place in map(Path, places):
        yield from sorted(place.glob("*.json")) if place.is_dir() else [place]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.definitions")
    parser.add_argument("places", nargs="+", metavar="FOLDER_OR_FILE")
    parser.add_argument("--seed", type=int, default=1, help="what the events and payloads are of")
    parser.add_argument("--events", type=int, default=20, help="events per mapping and trigger")
    parser.add_argument("--payloads", type=int, default=40, help="payloads per set of fields")
    parser.add_argument(
        "--package",
        nargs="?",
        const="all",
        metavar="COUNT",
        help="the npm package's too; COUNT of them, or all, are asked of the reference",
    )
    parser.add_argument("--workers", type=int, help="processes; one per core by default")
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    return parser


if __name__ == "__main__":
    sys.exit(main())
