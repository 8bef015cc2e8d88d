"""Event filter: `integrations` and consent, which Segment obeys in front of a destination.

`deliver_lines` obeys both. `Live.send` does not: a host that calls it asks an `EventFilter` first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from destination_kit._json import as_object

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.runtime.instance_plan import InstancePlan

#: The key of `integrations` that stands for every destination.
ALL = "All"
_SLUG_PREFIX = "actions-"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """The events that may go to a destination; `create_event_filter` returns that of an instance."""

    #: What `integrations` can call the destination; case counts, as in Segment.
    names: tuple[str, ...]
    #: The consent categories that a person must have agreed to; none for an instance without any.
    consent: tuple[str, ...] = ()

    def refusal(self, event: JsonObject) -> str | None:
        """Return why the event must not go to the destination, None where it may."""
        return self._consent_refusal(event) or self._integrations_refusal(event)

    def describe(self) -> Iterator[str]:
        """Yield a sentence for each part of an event that the filter obeys."""
        names = ", ".join(f'"{name}"' for name in self.names)
        yield f"integrations of an event, which can call this destination {names}"
        if self.consent:
            yield f"consent to {', '.join(self.consent)}, where an event has a consent object"

    def _consent_refusal(self, event: JsonObject) -> str | None:
        consent = as_object(event.get("context")).get("consent")
        if not self.consent or not isinstance(consent, Mapping):
            return None
        preferences = as_object(consent.get("categoryPreferences"))
        missing = [category for category in self.consent if preferences.get(category) is not True]
        if not missing:
            return None
        return f"no consent to {', '.join(missing)} (context.consent.categoryPreferences)"

    def _integrations_refusal(self, event: JsonObject) -> str | None:
        integrations = event.get("integrations")
        if not isinstance(integrations, Mapping):
            return None
        named = [name for name in self.names if name in integrations]
        for name in named:
            if integrations[name] is False:
                return f"integrations says no to {name}"
        if integrations.get(ALL) is not False:
            return None
        if any(integrations[name] is True or _is_object(integrations[name]) for name in named):
            return None
        return f"integrations says no to {ALL}, and not yes to {self.names[0]}"


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)


def create_event_filter(instance: InstancePlan) -> EventFilter:
    """Return the filter of an instance.

    `integrations` names a destination by its name or its slug. Segment's catalog calls destinations
    of this kind "X (Actions)" or "Actions X", and their slugs start with `actions-`.
    """
    name, slug = instance.destination.name, instance.destination.slug
    names = (name, slug, slug.removeprefix(_SLUG_PREFIX), f"{name} (Actions)", f"Actions {name}")
    return EventFilter(names=tuple(dict.fromkeys(names)), consent=instance.consent)
