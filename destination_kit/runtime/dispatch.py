"""Dispatch: compiled subscriptions, and the table that finds the candidates for an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from destination_kit._json import Json, JsonObject, Predicate
from destination_kit.definitions import Action, Subscription
from destination_kit.errors import Problem
from destination_kit.results import EventResult, Skipped

NO_MATCH: Final = EventResult(skipped=Skipped("no enabled subscription matches the event"))

Prepare: TypeAlias = Callable[[JsonObject, int], tuple[dict[str, Json], tuple[Problem, ...]]]
"""(event, its bytes, about) -> (the payload: resolved, cleaned, coerced; the problems in it)."""

Dispatch: TypeAlias = Callable[[JsonObject], Sequence["CompiledSubscription"]]
"""event -> the subscriptions whose trigger can match it, in the order of the instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledSubscription:
    """One enabled subscription, compiled."""

    #: Destination and action ("slug/action"), for logs.
    name: str
    subscription: Subscription
    action: Action
    #: event -> whether the trigger matches.
    matches: Predicate
    #: event -> the first clause of the trigger that does not match, None where all match.
    explain_mismatch: Callable[[JsonObject], str | None]
    #: (event, its bytes) -> payload and problems. `UNMEASURED` stands for unknown bytes.
    prepare: Prepare
    #: payload -> the texts in it that are secret.
    find_secrets: Callable[[JsonObject], Sequence[str]]
    #: The texts that stand in the mapping as they are.
    literals: frozenset[str] = frozenset()
    #: Paths of the event that the mapping may read, such as `traits.email`.
    paths_read: tuple[str, ...] = ()
    #: Fields of the payload whose format is a date.
    date_fields: tuple[str, ...] = ()
    #: Event types that the trigger can match; None for all.
    event_types: frozenset[str] | None = None
    #: Event names that the trigger can match; None for all.
    event_names: frozenset[str] | None = None


_ByName: TypeAlias = tuple[
    dict[str, tuple[CompiledSubscription, ...]], tuple[CompiledSubscription, ...]
]
"""(event name -> subscriptions, subscriptions for any other name)."""


def compile_dispatch(subscriptions: Sequence[CompiledSubscription]) -> Dispatch:
    """Return event -> the subscriptions whose trigger can match its type and name, in order.

    An event costs two lookups, however many subscriptions there are. One whose type or name cannot
    be read, since its `Mapping` raises, gets all subscriptions, each of which then fails.
    """
    every = tuple(subscriptions)
    types = {event_type for compiled in subscriptions for event_type in compiled.event_types or ()}
    table = {
        event_type: _index_by_name(
            [compiled for compiled in subscriptions if _admits(compiled.event_types, event_type)]
        )
        for event_type in types
    }
    any_type = _index_by_name(
        [compiled for compiled in subscriptions if compiled.event_types is None]
    )

    def find_candidates(event: JsonObject) -> Sequence[CompiledSubscription]:
        try:
            event_type, name = event.get("type"), event.get("event")
            by_name, any_name = (
                table.get(event_type, any_type) if isinstance(event_type, str) else any_type
            )
            return by_name.get(name, any_name) if isinstance(name, str) else any_name
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 - a host's own Mapping or text may raise anything, and only its event may fail
            return every

    return find_candidates


def _index_by_name(subscriptions: Sequence[CompiledSubscription]) -> _ByName:
    names = {name for compiled in subscriptions for name in compiled.event_names or ()}
    by_name = {
        name: tuple(compiled for compiled in subscriptions if _admits(compiled.event_names, name))
        for name in names
    }
    return by_name, tuple(compiled for compiled in subscriptions if compiled.event_names is None)


def _admits(allowed: frozenset[str] | None, value: str) -> bool:
    return allowed is None or value in allowed
