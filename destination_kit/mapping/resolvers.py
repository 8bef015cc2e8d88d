"""Resolvers: the functions that a mapping compiles to, and how they fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NoReturn

from destination_kit._javascript import type_name
from destination_kit._json import MISSING
from destination_kit.errors import Problem, ResolutionError

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value
    from destination_kit.directive_interface import Budget, Compiler

ALWAYS_FAILS = "ALWAYS_FAILS"
# A budget counts texts from here on. To count each "Ada King" would cost a fifth of its template,
# and 3,000 uncounted texts, as many as a mapping can have, stay below 3 MB.
_COUNTED_LENGTH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Constant:
    """Resolver of a literal."""

    value: Value

    def __call__(self, _event: JsonObject) -> Value:
        """Return the literal for every event."""
        return self.value


@dataclass(frozen=True, slots=True)
class FailingResolver:
    """Resolver that fails for every event that reaches it.

    At the root of a mapping its problems are problems of the mapping. In a branch that some events
    avoid, it fails only the events that take the branch.
    """

    #: At least one; the first is raised.
    problems: tuple[Problem, ...]

    def __call__(self, _event: JsonObject) -> NoReturn:
        """Raise the first problem as a `ResolutionError`."""
        raise ResolutionError(self.problems[0].message)

    def at(self, path: str) -> FailingResolver:
        """Return the resolver with `path` in the problems that have no path yet."""
        return FailingResolver(
            tuple(
                problem if problem.path else replace(problem, path=path)
                for problem in self.problems
            )
        )


def fail_always(message: str) -> FailingResolver:
    """Return the resolver of a directive that cannot work; the compiler adds the location."""
    return FailingResolver((Problem("", ALWAYS_FAILS, message),))


def takes_object(
    compile_object: Callable[[JsonObject, Compiler], Resolver],
) -> Callable[[Json, Compiler], Resolver]:
    """Return the `compile` of a directive whose argument has to be an object."""

    def compile_argument(argument: Json, compiler: Compiler) -> Resolver:
        if isinstance(argument, Mapping):
            return compile_object(argument, compiler)
        return fail_always(f"expected object, found {type_name(argument)}")

    return compile_argument


def compile_option(options: JsonObject, compiler: Compiler, name: str) -> Resolver:
    """Return the resolver of a directive's option; that of an absent one returns `MISSING`."""
    return compiler.compile(options[name], name) if name in options else Constant(MISSING)


def compile_options(options: JsonObject, compiler: Compiler, *names: str) -> Iterator[Resolver]:
    """Yield the resolvers of several options, in the order of `names`; see `compile_option`."""
    # `paths_read` promises the paths in the order of the mapping. In the order of `names`, `then`
    # would come before an `else` that stands first.
    compiled = {
        name: compiler.compile(value, name) for name, value in options.items() if name in names
    }
    return (compiled.get(name, Constant(MISSING)) for name in names)


def unless_failing(resolve: Resolver, *required: Resolver) -> Resolver:
    """Return `resolve`, or a failing resolver if one that it always calls fails always."""
    failing = [resolver for resolver in required if isinstance(resolver, FailingResolver)]
    if not failing:
        return resolve
    return FailingResolver(tuple(problem for resolver in failing for problem in resolver.problems))


def join_text(parts: Iterable[str], budget: Budget) -> str:
    """Return the joined parts; raise `BudgetError` before they exceed the budget."""
    kept, uncounted = [], 0
    for part in parts:
        uncounted += len(part)
        if uncounted > _COUNTED_LENGTH:
            budget.spend(characters=uncounted)
            uncounted = 0
        kept.append(part)
    return "".join(kept)
