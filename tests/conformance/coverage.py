"""How much of the reference the requests reach: its branches, measured by c8 under Node.

    python -m tests.conformance.run --coverage SEEDS=1..3

The packages carry source maps to sources that they do not carry, which c8 would follow into
nothing. So a copy is measured whose files do not mention their maps. `@liquid` is left out.
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

_COPY = oracle.CACHE / "coverage"
_SCOPE = "node_modules/@segment"
_CORE, _TRIGGERS, _LEXER = (
    f"{_SCOPE}/{name}/dist/cjs" for name in ("actions-core", "destination-subscriptions", "fql-ts")
)
_FILES = (
    f"{_CORE}/mapping-kit/*.js",
    f"{_CORE}/destination-kit/fields-to-jsonschema.js",
    *(f"{_CORE}/{name}.js" for name in ("arrify", "get", "real-type-of", "remove-empty-values")),
    f"{_CORE}/schema-validation.js",
    f"{_TRIGGERS}/*.js",
    f"{_LEXER}/*.js",
)
_LEFT_OUT = f"{_CORE}/mapping-kit/liquid-directive.js"

UNREACHABLE: Mapping[str, str] = {
    "mod.__esModule": "glue of the compiler",
    "__createBinding": "glue of the compiler",
    "function(o, m, k, k2)": "glue of the compiler",
    "hasOwnProperty.call(exports, p)": "glue of the compiler",
    "treatNullAsEmpty ? []": "its callers have made sure that there is a value",
    "return obj;": "every schema that is made of fields has properties",
    "catch (e)": "this Node knows look-behind in patterns",
    "options ?? {}": "always called with options",
    "statsContext?.statsClient": "needs a client for statistics, which no request can carry",
    "if (statsTagsExist)": "needs a client for statistics, which no request can carry",
    "jsonCondition === undefined": "what is called before never returns undefined",
    "directiveRegExp.exec(name)": "the names of built-in directives are all good",
    "!(0, is_directive_1.isDirective)(obj)": "only called with a directive",
    "if (directiveKey)": "the type has already been found to be a directive there",
    "new ValidationError(err.message, stack)": "validators raise nothing else",
    "_a = token.value": "every token has a value",
    "if (!operatorToken)": "the last token always remains",
    "last === null || last === void 0": "there is a token before",
    "previous === null || previous": "there is a token before",
    "error instanceof Error": "only errors are raised",
    "MAXIMUM_": "a word of 100,000 characters: the reference gives up, which nobody relies on",
    "catch (err)": "it never goes back beyond the start",
    "this.position === 0": "it never goes back beyond the start",
}
"""Why a branch is not reached, by a piece of its line."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that no request reached: its file, line and text."""

    file: str
    line: int
    text: str

    @property
    def reason(self) -> str:
        """Why it cannot be reached, or nothing where it is not known to be unreachable."""
        return next((why for piece, why in UNREACHABLE.items() if piece in self.text), "")


def measured(requests: Iterable[Path]) -> Mapping[str, Any]:
    """Return c8's coverage of the reference's files by these files of requests."""
    node, script = oracle.command()
    _copied()
    asked = "--exclude-node-modules=false --exclude-after-remap=false --reporter json"
    folders = "--reports-dir report --temp-directory raw"
    files = chain.from_iterable(("--include", each) for each in _FILES)
    options = [*asked.split(), *folders.split(), *files, "--exclude", _LEFT_OUT]
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
    files = {path.partition(f"{_SCOPE}/")[2]: each for path, each in coverage.items()}
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
    name = path.partition(f"{_SCOPE}/")[2]
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
    for path in (_COPY / _SCOPE).rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.partition("//# sourceMappingURL=")[0], encoding="utf-8")
