"""Resolvers: the functions that a mapping compiles to, and how they fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from destination_kit._json import MISSING, pointer
from destination_kit.errors import PayloadValidationError, Problem

if TYPE_CHECKING:
    from destination_kit._json import JsonObject, Resolver, Value
    from destination_kit.directive_interface import Compiler

ALWAYS_FAILS = "ALWAYS_FAILS"
CANNOT_RESOLVE = "CANNOT_RESOLVE"
# `@transform` inside `@transform` can double a text at each level, so 45 levels (3.4 KB of mapping)
# could turn two characters into 70 TB. A line of events has at most 1 MB (`MAX_LINE_BYTES`), so its
# own texts stay below this limit.
MAX_TEXT_LENGTH = 2_000_000


class ResolutionError(PayloadValidationError):
    """A mapping cannot be resolved for this event."""

    def __init__(self, message: str, steps: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        #: The message without the location.
        self.message = message
        #: Keys that lead to the field of the payload; objects add theirs while the error rises.
        self.steps = steps

    def with_location(self) -> ResolutionError:
        """Return the same error with a JSON Pointer to the field in its message."""
        if not self.steps:
            return self
        path = pointer(*self.steps)
        located = ResolutionError(f"{path}: {self.message}")
        located.problems = (Problem(path, CANNOT_RESOLVE, self.message),)
        return located


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


def join_text(parts: Iterable[str]) -> str:
    """Return the joined parts; raise `ResolutionError` beyond `MAX_TEXT_LENGTH` characters."""
    kept, size = [], 0
    for part in parts:
        size += len(part)
        if size > MAX_TEXT_LENGTH:
            raise ResolutionError(f"a text grew beyond {MAX_TEXT_LENGTH:,} characters")
        kept.append(part)
    return "".join(kept)
