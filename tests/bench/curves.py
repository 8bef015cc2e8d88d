"""Curves of the cost of an event by its size, its mapping, the subscriptions and the load."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any, TypeAlias

from destination_kit import Action, Catalog, Context, Destination, Instance, Json, JsonObject
from destination_kit.runtime.dispatch import CompiledSubscription
from tests.bench import sides, work
from tests.bench.comparisons import OURS, Measurement
from tests.bench.hot_paths import count_repeated
from tests.bench.ours import per_second
from tests.bench.processes import Lab

PRODUCTS = (0, 3, 12, 27, 60, 150, 300)  # of an order: events of 1.5 to 100 KB
FIELDS = (1, 2, 5, 10, 20, 50, 100)
SUBSCRIPTIONS = (1, 2, 5, 10, 20, 35, 50)  # an instance has 50 at most
IN_FLIGHT = (1, 4, 16, 64, 256)
_ROUNDS = 3
_NONE: JsonObject = {"type": "object", "properties": {}}

Call: TypeAlias = Callable[[Any], object]


@dataclass(slots=True)
class Curve:
    """The points of a line."""

    name: str
    #: Positions on the x axis: the size that grows.
    grows: list[float] = field(default_factory=list)
    #: Name of a cost -> its values, one per position.
    costs: dict[str, list[float]] = field(default_factory=dict)

    def add(self, grown: float, **costs: float) -> None:
        """Add a point."""
        self.grows.append(grown)
        for name, cost in costs.items():
            self.costs.setdefault(name, []).append(cost)

    def measure(self, grown: float, call: Call, event: Mapping[str, Any], seconds: float) -> None:
        """Add the microseconds and the bytecodes of a call with an event."""
        rates = [per_second(call, event, seconds) for _ in range(_ROUNDS)]
        opcodes = count_repeated(call, event, 2).total / 2
        self.add(grown, microseconds=1e6 / median(rates), opcodes=opcodes)


def by_event_size(seconds: float) -> Iterator[Curve]:
    """Yield the cost of events of growing size. Only the first mapping reads the whole event."""
    whole = _small({"data": {"type": "object"}}, {"data": {"@path": "$."}})
    calls: Mapping[str, Call] = {
        "payload: the whole event": _payload(whole),
        "payload of upsertContactTransaction": _payload(work.configured(work.UPSERT)),
        "payload of addContactToXmd": _payload(work.configured(work.ADD)),
        "trigger of 5 clauses": work.configured(work.ADD, work.FIVE)
        .compiled_subscriptions[0]
        .matches,
    }
    events = list(map(work.track, PRODUCTS))
    for name, call in calls.items():
        curve = Curve(name)
        for event in events:
            curve.measure(
                len(json.dumps(event, separators=(",", ":"))) / 1000, call, event, seconds
            )
        yield curve


def by_mapping_size(seconds: float) -> Iterator[Curve]:
    """Yield the cost of payloads with a growing number of fields. The event has all fields."""
    curve = Curve("payload of text fields")
    for count in FIELDS:
        names = [f"field{number}" for number in range(count)]
        mapping: dict[str, Json] = {name: {"@path": f"$.properties.{name}"} for name in names}
        fields: dict[str, Json] = {name: {"type": "string"} for name in names}
        event = {"type": "track", "properties": {name: f"value of {name}" for name in names}}
        curve.measure(count, _payload(_small(fields, mapping)), event, seconds)
    yield curve


def by_subscriptions(seconds: float) -> Iterator[Curve]:
    """Yield the cost of finding the one matching subscription among many."""
    by_name, by_value = Curve("others name other events"), Curve("others look into the event")
    event = work.track()
    for count in SUBSCRIPTIONS:
        named = work.configured(work.ADD, others=count - 1)
        others = [f'properties.coupon = "number {number}"' for number in range(count - 1)]
        for curve, instance in ((by_name, named), (by_value, _small({}, {}, others))):
            curve.measure(count, partial(_find_matches, instance), event, seconds)
    yield from (by_value, by_name)


def under_load(lab: Lab) -> Iterator[Curve]:
    """Yield the events delivered per second by the number in flight."""
    for side in sides.SIDES:
        if side == sides.FAST and sides.missing():
            continue
        curve = Curve(f"one call per event, {side}")
        for count in IN_FLIGHT:
            options = {"action": work.ADD, "event": "identify", "side": side, "in_flight": count}
            measurement = Measurement(OURS, "flight", json.dumps(options))
            rates = [lab.measure(measurement)["value"] for _ in range(_ROUNDS)]
            curve.add(count, rate=median(rates))
        yield curve


async def _perform(_: Context, payload: JsonObject) -> Json:
    return payload


def _small(
    fields: Mapping[str, Json], mapping: Mapping[str, Json], others: Iterable[str] = ()
) -> Instance:
    """Return an instance with these fields, and a matching subscription after the `others`."""
    action = Action(
        title="Take",
        trigger='type = "track"',
        fields={"type": "object", "properties": fields},
        perform=_perform,
    )
    destination = Destination(slug="small", name="Small", settings=_NONE, actions={"take": action})
    triggers = (*others, action.trigger)
    subscriptions = [
        {"action": "take", "trigger": trigger, "mapping": mapping} for trigger in triggers
    ]
    return Catalog.of(destination).configure(
        {"destination": "small", "subscriptions": subscriptions}
    )


def _payload(instance: Instance) -> Call:
    compiled = instance.compiled_subscriptions[0]  # the second one deletes users
    return compiled.prepare


def _find_matches(instance: Instance, event: JsonObject) -> list[CompiledSubscription]:
    return [compiled for compiled in instance.candidates(event) if compiled.matches(event)]
