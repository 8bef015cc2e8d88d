"""The mapping compiler: from the values of a mapping to resolvers.

One pass finds everything: problems, warnings, and the paths of an event that the resolvers read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from destination_kit._budget import PayloadBudget
from destination_kit._json import pointer
from destination_kit.errors import Problem, warning
from destination_kit.mapping.isolation import compile_in_isolation, isolate_result
from destination_kit.mapping.objects import compile_object
from destination_kit.mapping.resolvers import (
    Constant,
    FailingResolver,
    fail_always,
    unless_failing,
)
from destination_kit.mapping.validation import (
    INVALID_DIRECTIVE,
    Location,
    directive_name,
    is_built_in,
    unknown_directive,
    validate,
)

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value
    from destination_kit.directive_interface import Directive


@dataclass(frozen=True, slots=True)
class Findings:
    """What compiling finds in a mapping; all scopes of one mapping add to the same record."""

    #: Faults of the mapping, in the order of their discovery.
    problems: list[Problem] = field(default_factory=list)
    #: Surprises in a valid mapping.
    warnings: list[Problem] = field(default_factory=list)
    #: Keys of each path of the event that a resolver reads. A dictionary, as an ordered set.
    paths: dict[tuple[str, ...], None] = field(default_factory=dict)
    #: Names of the directives in the mapping.
    directives: set[str] = field(default_factory=set)
    #: How many directives read each path; a path that an event decides is read as the whole event.
    reads: Counter[tuple[str, ...]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Scope:
    """The compiler at one location of a mapping: the `Compiler` that a directive gets."""

    #: The installed directives by name.
    directives: Mapping[str, Directive]
    #: Shared by all scopes of the mapping.
    findings: Findings
    #: Shared by all scopes of the mapping, too.
    budget: PayloadBudget
    #: Keys and indices that lead to the location.
    steps: tuple[str | int, ...] = ()
    #: Keys of the event's part that the values here get as their event; None if it is computed.
    event_path: tuple[str, ...] | None = ()
    #: True in the argument of a plugin's directive, which the static rules do not know. What such
    #: a directive compiles is validated at that moment.
    needs_validation: bool = False

    def compile(self, value: Json, *steps: str | int) -> Resolver:
        """Compile the value at these steps from here."""
        scope = replace(self, steps=(*self.steps, *steps), needs_validation=False)
        if self.needs_validation:
            self.findings.problems.extend(validate(value, Location(self.directives, scope.steps)))
            return isolate_result(_compile_value(value, scope))
        return _compile_value(value, scope)

    def problem(self, message: str, *steps: str | int) -> None:
        """Report a fault at these steps from here."""
        path = pointer(*self.steps, *steps)
        self.findings.problems.append(Problem(path, INVALID_DIRECTIVE, message))

    def warning(self, message: str) -> None:
        """Report a surprise in the directive of this scope."""
        self.findings.warnings.append(warning(pointer(*self.steps[:-1]), "DIRECTIVE", message))

    def reads(self, *path: str) -> None:
        """Report that the directive reads the event at these keys."""
        whole = () if self.event_path is None else (*self.event_path, *path)
        self.findings.reads[whole] += 1
        if self.event_path is not None:
            self.findings.paths[whole] = None

    def for_event_at(self, path: Sequence[str] | None) -> Scope:
        """Return the scope of values that get a part of the event, or a computed value."""
        if path is None or self.event_path is None:
            return replace(self, event_path=None)
        return replace(self, event_path=(*self.event_path, *path))


def _compile_value(value: Json, scope: Scope) -> Resolver:
    if isinstance(value, Mapping):
        name = directive_name(value)
        if name is None:
            return _compile_members(value, scope)
        return _compile_directive(name, value[name], scope)
    if isinstance(value, list | tuple):
        return _compile_array(value, scope)
    return Constant(value)


def _compile_directive(name: str, argument: Json, scope: Scope) -> Resolver:
    path = pointer(*scope.steps)
    scope.findings.directives.add(name)
    if name not in scope.directives:
        # `paths_read` may be called without the directives of plugins. Unless the argument is
        # compiled, the paths inside an unknown directive would be missing there.
        scope.compile(argument, name)
        return fail_always(unknown_directive(name, scope.directives)).at(path)
    directive, is_trusted = scope.directives[name], is_built_in(name)
    inner = replace(scope, steps=(*scope.steps, name), needs_validation=not is_trusted)
    compile_directive = (
        directive.compile if is_trusted else partial(compile_in_isolation, directive)
    )
    resolve = compile_directive(argument, inner)
    return resolve.at(path) if isinstance(resolve, FailingResolver) else resolve


def _compile_array(array: Sequence[Json], scope: Scope) -> Resolver:
    resolvers = [scope.compile(value, index) for index, value in enumerate(array)]

    def resolve(event: JsonObject) -> Value:
        values: list[Any] = [resolver(event) for resolver in resolvers]
        return values

    return _fold_constants(resolve, resolvers)


def _compile_members(members: JsonObject, scope: Scope) -> Resolver:
    resolvers = {key: scope.compile(value, key) for key, value in members.items()}
    return _fold_constants(compile_object(resolvers), resolvers.values())


def _fold_constants(resolve: Resolver, parts: Collection[Resolver]) -> Resolver:
    """Return the resolver of a container; one of constants only is resolved now, once."""
    if all(isinstance(part, Constant) for part in parts):
        return Constant(resolve({}))
    return unless_failing(resolve, *parts)
