"""How much of the reference the requests reach: its branches, measured by c8 under Node.

    python -m tests.conformance.run --coverage SEEDS=1..3

The packages carry source maps to sources that they do not carry, which c8 would follow into
nothing. So a copy is measured whose files do not mention their maps.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from tests.conformance import oracle
from tests.conformance.unreachable import IN_LIQUID, UNREACHABLE, WHOLE_IN_LIQUID

_COPY = oracle.CACHE / "coverage"
_MODULES = "node_modules"
_CORE, _TRIGGERS, _LEXER = (
    f"{_MODULES}/@segment/{name}/dist/cjs"
    for name in ("actions-core", "destination-subscriptions", "fql-ts")
)
_FILES = (
    f"{_CORE}/mapping-kit/*.js",
    f"{_CORE}/destination-kit/fields-to-jsonschema.js",
    *(f"{_CORE}/{name}.js" for name in ("arrify", "get", "real-type-of", "remove-empty-values")),
    f"{_CORE}/schema-validation.js",
    f"{_TRIGGERS}/*.js",
    f"{_LEXER}/*.js",
    f"{_MODULES}/liquidjs/dist/liquid.node.js",
)


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that no request reached: its file, line and text."""

    file: str
    line: int
    text: str

    @property
    def reason(self) -> str:
        """Why it cannot be reached, or nothing where it is not known to be unreachable."""
        if "liquidjs" not in self.file:
            return _reason(UNREACHABLE, self.text)
        return WHOLE_IN_LIQUID.get(self.text) or _reason(IN_LIQUID, self.text)


def _reason(reasons: Mapping[str, str], text: str) -> str:
    return next((why for piece, why in reasons.items() if piece in text), "")


def measured(requests: Iterable[Path]) -> Mapping[str, Any]:
    """Return c8's coverage of the reference's files by these files of requests."""
    node, script = oracle.command()
    _copied()
    asked = "--exclude-node-modules=false --exclude-after-remap=false --reporter json"
    folders = "--reports-dir report --temp-directory raw"
    files = chain.from_iterable(("--include", each) for each in _FILES)
    options = [*asked.split(), *folders.split(), *files]
    done = subprocess.run(
        ["node_modules/.bin/c8", *options, node, script],
        cwd=_COPY,
        env={**oracle.environment(), "ORACLE_MODULES": str(_COPY / "node_modules")},
        input="".join(each.read_text(encoding="ascii") for each in requests),
        stdout=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if done.returncode:
        raise oracle.UnavailableError("c8 could not measure the reference")
    found: Mapping[str, Any] = json.loads((_COPY / "report/coverage-final.json").read_text())
    return found


def as_text(coverage: Mapping[str, Any]) -> str:
    """Return the share of branches reached, per file and in all, and those that were not."""
    files = {path.partition(f"{_MODULES}/")[2]: each for path, each in coverage.items()}
    lines = [_line(name, _counts(each)) for name, each in sorted(files.items())]
    counts = [_counts(each) for each in files.values()]
    lines.append(_line("all", (sum(a for a, _ in counts), sum(b for _, b in counts))))
    lines.append("\nnot reached:")
    missed = (each for path, found in coverage.items() for each in _missed(path, found))
    lines += [f"  {each.file}:{each.line}: {each.reason or each.text}" for each in missed]
    return "\n".join(lines)


def _counts(file: Mapping[str, Any]) -> tuple[int, int]:
    hits = list(chain.from_iterable(file["b"].values()))
    return sum(each > 0 for each in hits), len(hits)


def _line(name: str, counts: tuple[int, int]) -> str:
    reached, there = counts
    share = 100 * reached / there if there else 100
    return f"{name:<70}{reached:>6,} of {there:>5,} branches {share:>6.1f} %"


def _missed(path: str, file: Mapping[str, Any]) -> Iterator[Branch]:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    name = path.partition(f"{_MODULES}/")[2]
    for key, hits in file["b"].items():
        if 0 in hits:
            start, end = (file["branchMap"][key]["loc"][side]["line"] for side in ("start", "end"))
            text = " ".join(each.strip() for each in lines[start - 1 : end])
            yield Branch(name, start, text)


def _copied() -> None:
    """Copy the packages of the reference beside themselves, without mention of their maps."""
    if _COPY.exists():
        return
    shutil.copytree(oracle.modules(), _COPY / "node_modules", symlinks=True)
    for path in (_COPY / _MODULES / "@segment").rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.partition("//# sourceMappingURL=")[0], encoding="utf-8")
