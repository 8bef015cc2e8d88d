"""The bars for sizes and words: what keeps the house small and readable."""

import ast
import io
import re
import tokenize
from importlib.metadata import requires
from itertools import chain
from pathlib import Path
from statistics import quantiles

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
FOLDERS = ("destination_kit", "destinations", "host/destination_host")
SOURCES = sorted(chain.from_iterable((ROOT / folder).rglob("*.py") for folder in FOLDERS))
PROSE = [
    *SOURCES,
    ROOT / "README.md",
    ROOT / "host" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
RUNTIME = ("catalog", "runtime", "fields", "mapping", "fql", "http")
#: Words that hide who does what, and names of loop variables that name nothing.
VAGUE_WORDS = re.compile(r"nobody|whoever|anybody|\btold\b|\bsaid\b", re.IGNORECASE)
VAGUE_NAMES = re.compile(r"for (each|item|entry|element|obj|x) in")


def lines_of_code(path):
    """Return how many lines hold code: no blank lines, comments or docstrings."""
    text = path.read_text(encoding="utf-8")
    nodes = ast.walk(ast.parse(text))
    strings = (node for node in nodes if isinstance(node, ast.Expr))
    docstrings = {
        line
        for node in strings
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {
        line
        for token in tokens
        if token.type not in silent and token.string
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - docstrings)


def function_bodies():
    """Yield the place and the lines of each function's body, its docstring left out."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                has_docstring = ast.get_docstring(node) is not None
                body = node.body[1:] if has_docstring else node.body
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 1
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines


def installed_with(name):
    """Return the distributions that an installation without extras brings, this one included."""
    found, waiting = set(), [name]
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        found.add(name)
        requirements = map(Requirement, requires(name) or ())
        waiting += [each.name for each in requirements if not each.marker or each.marker.evaluate()]
    return found


def matches(pattern, paths):
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_the_runtime_stays_small():
    packages = (ROOT / "destination_kit" / package for package in RUNTIME)
    modules = chain.from_iterable(package.rglob("*.py") for package in packages)
    assert sum(map(lines_of_code, modules)) <= 10_500


def test_few_distributions_are_installed_with_the_kit():
    assert len(installed_with("destination-kit") - {"destination-kit"}) <= 16


def test_no_module_has_more_than_400_lines():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


def test_functions_are_short():
    sizes = dict(function_bodies())
    deciles = quantiles(sizes.values(), n=10)
    assert not {place: lines for place, lines in sizes.items() if lines > 40}
    assert deciles[4] <= 6
    assert deciles[8] <= 20


def test_comments_are_two_to_five_percent_of_the_lines():
    lines = [
        line.strip()
        for path in SOURCES
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    reasons = [line for line in lines if line.startswith("#") and not line.startswith("#:")]
    assert 0.02 <= len(reasons) / len(lines) <= 0.05


@pytest.mark.parametrize(
    ("pattern", "most"), [(VAGUE_WORDS, 9), (VAGUE_NAMES, 39)], ids=["words", "loop names"]
)
def test_vague_words_are_rare(pattern, most):
    found = matches(pattern, PROSE)
    assert len(found) <= most, "\n".join(found)
