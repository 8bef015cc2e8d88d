"""Event review: warnings about the events of a run, such as types that the Spec does not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from destination_kit.delivery.event_filter import ALL, create_event_filter

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.delivery.lines import Line
    from destination_kit.delivery.outcomes import Outcome
    from destination_kit.runtime.instance_plan import InstancePlan

#: The event types of Segment's Spec.
SPEC_TYPES: Final = ("identify", "track", "page", "screen", "group", "alias", "delete")
#: A key of an event that shows the type of an event without one.
_TYPE_BY_KEY: Final = {
    "event": "track",
    "groupId": "group",
    "previousId": "alias",
    "traits": "identify",
    "name": "page",
}
# Types may be ids by mistake, and warnings about each would fill the memory and the screen.
_MAX_TYPES: Final = 20
# Reasons of the first events explain a run, and each costs a walk through the triggers.
_MAX_EXPLAINED: Final = 1000
_MAX_REASONS: Final = 5
_MAX_SHOWN_TYPE: Final = 40


@dataclass(slots=True)
class _UnknownType:
    first: str
    likely: str
    count: int = 0


class EventReview:
    """Collects what may surprise a person in the events of a run."""

    def __init__(self, instance: InstancePlan) -> None:
        self._instance = instance
        subscriptions = instance.compiled_subscriptions
        in_triggers = {name for compiled in subscriptions for name in compiled.event_types or ()}
        self._known_types = {*SPEC_TYPES, *in_triggers}
        self._unknown_types: dict[str, _UnknownType] = {}
        self._exact_names = {*create_event_filter(instance).names, ALL}
        self._names = {name.lower(): name for name in self._exact_names}
        self._misspelt: Counter[str] = Counter()
        self._mismatches: Counter[tuple[str, str]] = Counter()
        self._refusals: Counter[str] = Counter()
        self._explained = 0
        #: The number of events so far, broken lines and duplicates excepted.
        self.events = 0
        #: The number of those that matched a subscription.
        self.matched = 0

    @property
    def is_unmatched(self) -> bool:
        """Whether there were events, and none of them matched a subscription."""
        return self.events > 0 and not self.matched

    def add_outcome(self, outcome: Outcome) -> None:
        """Add the outcome of a line; one without an event of its own counts for nothing."""
        if outcome.event is None or outcome.is_duplicate:
            return
        refusal = outcome.refusal
        self.add(outcome.line, outcome.event, is_match=not outcome.result.skipped, refusal=refusal)

    def add(
        self, line: Line, event: JsonObject, *, is_match: bool, refusal: str | None = None
    ) -> None:
        """Add an event: whether a subscription matched it, or why the event filter refused it."""
        self.events += 1
        event_type = event.get("type")
        if not isinstance(event_type, str) or event_type not in self._known_types:
            self._add_type(line, event, event_type)
        if isinstance(integrations := event.get("integrations"), Mapping):
            self._add_names(integrations)
        if is_match:
            self.matched += 1
        elif refusal:
            self._refusals[refusal] += 1
        elif not self.matched and self._explained < _MAX_EXPLAINED:
            self._explained += 1
            self._explain_mismatch(event)

    def warnings(self) -> Iterator[str]:
        """Yield a sentence for each unknown type, and why no event matched where none did."""
        for shown, unknown in self._unknown_types.items():
            events = "1 event has" if unknown.count == 1 else f"{unknown.count:,} events have"
            likely = f'; did you mean "{unknown.likely}"?' if unknown.likely else ""
            yield f"{events} {shown} (first: {unknown.first}){likely}"
        for name, count in self._misspelt.items():
            meant = self._names[name.lower()]
            yield (
                f'integrations of {_count(count)} name "{name}", which is not obeyed, since case'
                f' counts; did you mean "{meant}"?'
            )
        if self.is_unmatched:
            events = "The only event" if self.events == 1 else f"None of {self.events:,} events"
            verb = "matched no" if self.events == 1 else "matched an"
            yield f"{events} {verb} enabled subscription: {'; '.join(self._reasons())}"

    def _add_names(self, integrations: Mapping[str, Json]) -> None:
        for name in integrations:
            meant = self._names.get(name.lower())
            if meant and name not in self._exact_names:
                self._misspelt[name] += 1

    def _add_type(self, line: Line, event: JsonObject, event_type: Json) -> None:
        shown = "no type" if event_type is None else f"the unknown type {_show(event_type)}"
        if shown not in self._unknown_types and len(self._unknown_types) >= _MAX_TYPES:
            shown = "other unknown types"
        if shown not in self._unknown_types:
            likely = "" if shown.startswith("other") else _likely_type(event, self._known_types)
            self._unknown_types[shown] = _UnknownType(line.label, likely)
        self._unknown_types[shown].count += 1

    def _explain_mismatch(self, event: JsonObject) -> None:
        for compiled in self._instance.compiled_subscriptions:
            clause = compiled.explain_mismatch(event)
            if clause is not None:
                self._mismatches[compiled.subscription.name, clause] += 1

    def _reasons(self) -> Iterator[str]:
        if not self._instance.compiled_subscriptions:
            yield "no subscription is enabled"
        for refusal, count in self._refusals.most_common(_MAX_REASONS):
            yield f"{refusal} ({_count(count)})"
        for (name, clause), count in self._mismatches.most_common(_MAX_REASONS):
            yield f"{name} needs {clause} ({_count(count)} without)"


def _count(events: int) -> str:
    return "1 event" if events == 1 else f"{events:,} events"


def _show(event_type: Json) -> str:
    import json

    text = json.dumps(event_type, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN_TYPE else f"{text[: _MAX_SHOWN_TYPE - 1]}…"


def _likely_type(event: JsonObject, known: set[str]) -> str:
    """Return the type that an event was meant to have, empty where nothing suggests one."""
    event_type = event.get("type")
    if isinstance(event_type, str):
        by_lower_case = {name.lower(): name for name in known}
        for close in get_close_matches(event_type.strip().lower(), by_lower_case):
            return by_lower_case[close]
    return next((name for key, name in _TYPE_BY_KEY.items() if key in event), "")
