"""Which tests can notice a change of a line, the likeliest first."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from coverage import CoverageData

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Covering:
    """The tests that run each line, as a recording has them."""

    root: Path
    #: Test -> seconds of processor time, of each test that the last recording ran.
    seconds: Mapping[str, float] = field(default_factory=dict)
    #: Path of a module below the project's folder -> line -> tests.
    tests: dict[str, dict[int, frozenset[str]]] = field(default_factory=dict)
    #: Path of a module -> the lines that ran outside of tests: at the import or the collection.
    imported: dict[str, frozenset[int]] = field(default_factory=dict)
    #: Test -> how many lines it runs.
    breadth: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(
        cls, root: Path, data_file: Path, seconds: Mapping[str, float], paths: Iterable[str]
    ) -> Covering:
        """Read what coverage runs recorded of these modules."""
        data = CoverageData(str(data_file))
        data.read()
        covering = cls(root, seconds)
        for path in paths:
            covering._add(path, data.contexts_by_lineno(str(root / path)))
        return covering

    def _add(self, path: str, contexts: Mapping[int, Iterable[str]]) -> None:
        self.tests[path] = {
            line: frozenset(map(_test, found)).intersection(self.seconds)
            for line, found in contexts.items()
        }
        self.imported[path] = frozenset(line for line, found in contexts.items() if "" in found)
        self.breadth.update(test for tests in self.tests[path].values() for test in tests)

    def runs_at_import(self, path: str, source: str, line: int) -> bool:
        """Return whether the line, or its function, runs when modules or tests are loaded."""
        tree = ast.parse(source)
        body = _innermost_body(tree, line)
        return body is None or not self.imported.get(path, frozenset()).isdisjoint(body)

    def find_tests(self, path: str, source: str, line: int) -> Sequence[str]:
        """Return the tests that may notice a change of this line.

        Python runs the lines outside functions once, at the import. For those it returns their own
        tests, those of the lines that use the names of the statement, then all of the module. So
        it does for a function that runs at the import.
        """
        lines = self.tests.get(path, {})
        tree = ast.parse(source)
        # Python counts a statement of several lines as run on some of them only.
        found = [lines.get(line) or _tests_of(lines, _statement(tree, line))]
        # A test that is the first to import a module runs what the module calls at its import.
        importing = _tests_of(lines, _headers(tree))
        if self.runs_at_import(path, source, line) or not importing.isdisjoint(found[0]):
            # A line may hold a function that tests run, such as a `lambda` of a table.
            found = [lines.get(line, ()), _tests_of(lines, _lines_of_names(tree, line))]
            found.append(_tests_of(lines, lines))
        likeliest = self._likeliest_of_lines(path, found[0], _innermost_body(tree, line) or ())
        sorted_tests = (self._sort(path, part) for part in found)
        return list(dict.fromkeys(chain(likeliest, *sorted_tests)))

    def _likeliest_of_lines(
        self, path: str, tests: Iterable[str], lines: Iterable[int]
    ) -> Iterator[str]:
        """Yield the two likeliest of the tests for each of these lines.

        A changed condition leads to other lines, and the tests that run those notice it.
        """
        for line in sorted(lines):
            beyond = self.tests[path].get(line, frozenset()).intersection(tests)
            yield from self._sort(path, beyond)[:2]

    def _sort(self, path: str, tests: Iterable[str]) -> list[str]:
        stem = Path(path).stem.strip("_") if not path.endswith("__init__.py") else "::"
        # Tests mirror the packages. Those of other folders often run a line without a look at what
        # it does: most of the tests that configure an instance send no event.
        folder = f"/{Path(path).parent.name}/"

        def likelihood(test: str) -> tuple[bool, bool, float, int, str]:
            file = test.partition("::")[0]
            seconds = round(self.seconds.get(test, 0.0), 1)
            return (stem not in file, folder not in file, seconds, self.breadth[test], test)

        return sorted(tests, key=likelihood)


def _test(context: str) -> str:
    """Return the test of a context such as `tests/kit/test_json.py::test_x[1]|run`."""
    return context.rpartition("|")[0]


def _tests_of(lines: Mapping[int, Iterable[str]], chosen: Iterable[int]) -> frozenset[str]:
    return frozenset().union(*(lines.get(line, ()) for line in chosen))


def _headers(tree: ast.Module) -> set[int]:
    """Return lines that run at the import of a module and never again."""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.lineno for node in tree.body if isinstance(node, kinds)}


def _statement(tree: ast.Module, line: int) -> range:
    """Return the lines of the smallest statement around this line, without those of its block."""
    found = range(line, line + 1)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            block = getattr(node, "body", None)
            found = range(node.lineno, block[0].lineno if block else (node.end_lineno or 0) + 1)
    return found


def _innermost_body(tree: ast.Module, line: int) -> set[int] | None:
    """Return the lines of the function around this line, without those of functions inside it."""
    found: _Function | None = None
    for node in ast.walk(tree):
        if isinstance(node, _Function) and line in _body(node):
            found = node  # `walk` comes to a function after the one around it
    if found is None:
        return None
    inner = (node for node in ast.walk(found) if isinstance(node, _Function) and node is not found)
    return set(_body(found)).difference(*map(_body, inner))


def _body(function: _Function) -> range:
    return range(function.body[0].lineno, (function.end_lineno or 0) + 1)


def _lines_of_names(tree: ast.Module, line: int) -> set[int]:
    """Return the lines that use a name which the statement on this line defines."""
    names: set[str] = set()
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            if isinstance(node, _Function) and line < node.body[0].lineno:
                lines.update(_body(node))  # a default of a parameter
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                names.update(_assigned(node))
    for node in ast.walk(tree):
        name = getattr(node, "id", getattr(node, "attr", None))
        if name in names:
            lines.add(getattr(node, "lineno", 0))
    return lines


def _assigned(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        for name in ast.walk(target):
            if isinstance(name, ast.Name):
                yield name.id
