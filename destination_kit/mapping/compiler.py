"""Compiles the values of a mapping: literals, containers, and directives wherever they stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from destination_kit._json import pointer
from destination_kit.errors import Problem
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
    from destination_kit.definitions import Directive


@dataclass(frozen=True, slots=True)
class Scope:
    """The compiler as one place of a mapping sees it; `problems` is shared by all places.

    The static rules have looked at the whole mapping, but know nothing of what a directive from a
    plugin takes: what such a directive has compiled is checked here.
    """

    directives: Mapping[str, Directive]
    problems: list[Problem]
    steps: tuple[str | int, ...] = ()
    unchecked: bool = False

    def compile(self, value: Json, *steps: str | int) -> Resolver:
        """Compile what stands at these steps from here."""
        scope = replace(self, steps=(*self.steps, *steps), unchecked=False)
        if self.unchecked:
            self.problems.extend(validate(value, Location(self.directives, scope.steps)))
        return _compile(value, scope)

    def problem(self, message: str, *steps: str | int) -> None:
        """Report what is wrong at these steps from here."""
        self.problems.append(Problem(pointer(*self.steps, *steps), INVALID_DIRECTIVE, message))


def _compile(value: Json, scope: Scope) -> Resolver:
    if isinstance(value, Mapping):
        name = directive_name(value)
        return _object(value, scope) if name is None else _directive(name, value[name], scope)
    if isinstance(value, list | tuple):
        return _array(value, scope)
    return Constant(value)


def _directive(name: str, argument: Json, scope: Scope) -> Resolver:
    here = pointer(*scope.steps)
    if name not in scope.directives:
        return fail_always(unknown_directive(name)).at(here)
    inner = replace(scope, steps=(*scope.steps, name), unchecked=not is_built_in(name))
    resolve = scope.directives[name].compile(argument, inner)
    return resolve.at(here) if isinstance(resolve, FailingResolver) else resolve


def _array(items: Sequence[Json], scope: Scope) -> Resolver:
    resolvers = [scope.compile(each, at) for at, each in enumerate(items)]

    def resolve(event: JsonObject) -> Value:
        items: list[Any] = [each(event) for each in resolvers]
        return items

    return _settled(resolve, resolvers)


def _object(members: JsonObject, scope: Scope) -> Resolver:
    parts = {key: scope.compile(each, key) for key, each in members.items()}
    return _settled(compile_object(parts), parts.values())


def _settled(resolve: Resolver, parts: Collection[Resolver]) -> Resolver:
    """Return the resolver of a container: once and for all where each part is a constant."""
    if all(isinstance(each, Constant) for each in parts):
        return Constant(resolve({}))
    return unless_failing(resolve, *parts)
