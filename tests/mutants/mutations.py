"""Mutations: small changes of the code, one at a time, that some test has to notice.

cosmic-ray finds the places and makes the changes (https://github.com/sixty-north/cosmic-ray).
mutmut was tried first: it leaves out every decorated function and every constant of a module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

# Opposites and neighbours only. cosmic-ray has all pairs; most of the others, such as `<` for `is`,
# break the first test that runs, so they would flatter the figure.
_COMPARISONS = {
    "Lt": "LtE",
    "LtE": "Lt",
    "Gt": "GtE",
    "GtE": "Gt",
    "Eq": "NotEq",
    "NotEq": "Eq",
    "Is": "IsNot",
    "IsNot": "Is",
}
_OPERATORS = (
    *(f"core/ReplaceComparisonOperator_{old}_{new}" for old, new in _COMPARISONS.items()),
    "core/ReplaceAndWithOr",
    "core/ReplaceOrWithAnd",
    "core/ReplaceUnaryOperator_Delete_Not",
    "core/NumberReplacer",
    "core/ReplaceTrueWithFalse",
    "core/ReplaceFalseWithTrue",
    "core/ReplaceBinaryOperator_Add_Sub",
    "core/ReplaceBinaryOperator_Sub_Add",
    "core/ReplaceBreakWithContinue",
    "core/ReplaceContinueWithBreak",
)


@dataclass(frozen=True, slots=True, order=True)
class Mutation:
    """A place in a module, and the change to make there."""

    #: The module's path below the project's folder.
    path: str
    #: The line that changes, from 1.
    line: int
    #: cosmic-ray's name of the change.
    operator: str
    #: Which of the places in the module that the operator can change, from 0.
    occurrence: int

    def apply(self, source: str) -> str:
        """Return the source of the module with this change."""
        changed = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        if changed is None:
            message = f"{self} does not fit the source"
            raise ValueError(message)
        return str(changed)


def find_mutations(root: Path, paths: Iterable[Path]) -> Iterator[Mutation]:
    """Yield every mutation of the modules, in their order."""
    operators = [(name, get_operator(name)()) for name in _OPERATORS]
    for path in paths:
        source = path.read_text(encoding="utf-8")
        left_out = _lines_without_behaviour(source)
        nodes = list(ast_nodes(get_ast(source)))
        for name, operator in operators:
            places = (place for node in nodes for place in operator.mutation_positions(node))
            for occurrence, ((line, _), _) in enumerate(places):
                if line not in left_out:
                    yield Mutation(path.relative_to(root).as_posix(), line, name, occurrence)


def _lines_without_behaviour(source: str) -> set[int]:
    """Return the lines of decorators and of blocks for type checkers.

    `frozen=False` of a dataclass lets a programmer do more, and no answer of the program changes.
    """
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        for decorator in getattr(node, "decorator_list", ()):
            found.update(range(decorator.lineno, decorator.end_lineno + 1))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found
