"""A subscription made ready to run, and the table that finds those which may want an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from destination_kit._json import Json, JsonObject, Predicate
from destination_kit.definitions import Action, Subscription
from destination_kit.errors import Problem

Prepare: TypeAlias = Callable[[JsonObject], tuple[dict[str, Json], tuple[Problem, ...]]]
"""event -> (the payload: resolved, clean, coerced; its problems)."""

Dispatch: TypeAlias = Callable[[JsonObject], Sequence["CompiledSubscription"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledSubscription:
    """One enabled subscription, compiled.

    `name` is its destination and action, for logs. `explain` gives the clause of the trigger that an event does not meet. `hidden` finds the
    secrets in a payload. `reads` are the paths of an event that the mapping may read. `types` and
    `names` are the event types and event names outside of which the trigger cannot match; None is
    any.
    """

    name: str
    subscription: Subscription
    action: Action
    matches: Predicate
    explain: Callable[[JsonObject], str | None]
    prepare: Prepare
    hidden: Callable[[JsonObject], Sequence[str]]
    reads: tuple[str, ...] = ()
    types: frozenset[str] | None = None
    names: frozenset[str] | None = None


def compile_dispatch(routes: Sequence[CompiledSubscription]) -> Dispatch:
    """Return event -> the routes whose trigger can match its type and name, in their order."""
    types = {kind for route in routes for kind in route.types or ()}
    table = {
        kind: _by_name([each for each in routes if _admits(each.types, kind)]) for kind in types
    }
    rest = _by_name([each for each in routes if each.types is None])

    def candidates(event: JsonObject) -> Sequence[CompiledSubscription]:
        kind, name = event.get("type"), event.get("event")
        named, others = table.get(kind, rest) if isinstance(kind, str) else rest
        return named.get(name, others) if isinstance(name, str) else others

    return candidates


def _by_name(
    routes: Sequence[CompiledSubscription],
) -> tuple[dict[str, tuple[CompiledSubscription, ...]], tuple[CompiledSubscription, ...]]:
    names = {name for route in routes for name in route.names or ()}
    named = {name: tuple(each for each in routes if _admits(each.names, name)) for name in names}
    return named, tuple(each for each in routes if each.names is None)


def _admits(allowed: frozenset[str] | None, value: str) -> bool:
    return allowed is None or value in allowed
