"""Table of a source: from the type and name of an event to the instances that may receive it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from destination_host.queue import Route
from destination_kit.delivery import EventFilter, create_event_filter, user_key

if TYPE_CHECKING:
    from destination_kit import Instance, JsonObject


@dataclass(frozen=True, slots=True)
class _Target:
    """An instance, by the name that the queue has for it."""

    name: str
    instance: Instance
    filter: EventFilter


_ByName: TypeAlias = tuple[Mapping[str, Sequence[_Target]], Sequence[_Target]]
"""(event name -> instances, instances for any other name)."""


class SourceTable:
    """The instances of a source, indexed by what their triggers can match; immutable.

    An event costs two lookups and the triggers of the instances found, however many others there are.
    """

    def __init__(self, instances: Mapping[str, Instance]) -> None:
        targets = [
            _Target(name, instance, create_event_filter(instance))
            for name, instance in instances.items()
        ]
        types = {name for target in targets for one in _subscriptions(target) for name in one[0]}
        self._by_type = {name: _index_by_name(targets, name) for name in types}
        self._any_type = _index_by_name(targets, None)

    def find_routes(self, event: JsonObject) -> list[Route]:
        """Return a delivery for each instance of which an enabled subscription matches the event.

        One that `integrations` or consent keep back has its reason. An instance without a match
        has no delivery.
        """
        key = user_key(event)
        return [
            Route(target.name, key, target.filter.refusal(event))
            for target in self._find_candidates(event)
            if any(target.instance.find_matching(event, None))
        ]

    def _find_candidates(self, event: JsonObject) -> Sequence[_Target]:
        event_type, name = event.get("type"), event.get("event")
        is_known = isinstance(event_type, str) and event_type in self._by_type
        by_name, others = self._by_type[str(event_type)] if is_known else self._any_type
        return by_name.get(name, others) if isinstance(name, str) else others


def _subscriptions(target: _Target) -> Iterable[tuple[frozenset[str], frozenset[str] | None, bool]]:
    """Yield the types, the names, and whether any type can match, of each enabled subscription."""
    for compiled in target.instance.compiled_subscriptions:
        types = compiled.event_types
        yield types or frozenset(), compiled.event_names, types is None


def _index_by_name(targets: Sequence[_Target], event_type: str | None) -> _ByName:
    """Return the index of the instances whose triggers can match a type, None for other types."""
    names_by_target: dict[Any, list[frozenset[str] | None]] = {
        target.name: [
            names
            for types, names, is_any in _subscriptions(target)
            if is_any or event_type in types
        ]
        for target in targets
    }
    every = {
        name for admitted in names_by_target.values() for names in admitted for name in names or ()
    }

    def admit(name: str | None) -> tuple[_Target, ...]:
        return tuple(
            target
            for target in targets
            if any(names is None or name in names for names in names_by_target[target.name])
        )

    return {name: admit(name) for name in every}, admit(None)
