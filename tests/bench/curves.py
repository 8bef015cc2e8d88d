"""What an event costs as something grows: its size, its mapping, the subscriptions, the load."""

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
from tests.bench.hot_paths import repeated
from tests.bench.ours import per_second
from tests.bench.processes import Lab

PRODUCTS = (0, 3, 12, 27, 60, 150, 300)  # of an order, whose event has 1.5 to 100 KB then
FIELDS = (1, 2, 5, 10, 20, 50, 100)
SUBSCRIPTIONS = (1, 2, 5, 10, 20, 35, 50)  # an instance has 50 at most
IN_FLIGHT = (1, 4, 16, 64, 256)
_ROUNDS = 3
_NONE: JsonObject = {"type": "object", "properties": {}}

Call: TypeAlias = Callable[[Any], object]


@dataclass(slots=True)
class Curve:
    """The points of a line: what grows, and by its name what that costs."""

    name: str
    grows: list[float] = field(default_factory=list)
    costs: dict[str, list[float]] = field(default_factory=dict)

    def add(self, grown: float, **costs: float) -> None:
        """Add a point."""
        self.grows.append(grown)
        for name, cost in costs.items():
            self.costs.setdefault(name, []).append(cost)

    def measure(self, grown: float, call: Call, event: Mapping[str, Any], seconds: float) -> None:
        """Add the microseconds and the bytecodes of a call with an event."""
        rates = [per_second(call, event, seconds) for _ in range(_ROUNDS)]
        opcodes = repeated(call, event, 2).total / 2
        self.add(grown, microseconds=1e6 / median(rates), opcodes=opcodes)


def by_event_size(seconds: float) -> Iterator[Curve]:
    """Give what events of growing size cost; only the first mapping wants all of it."""
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
    """Give what a payload of growing width costs, from an event that has all of it."""
    curve = Curve("payload of text fields")
    for count in FIELDS:
        names = [f"field{number}" for number in range(count)]
        mapping: dict[str, Json] = {name: {"@path": f"$.properties.{name}"} for name in names}
        fields: dict[str, Json] = {name: {"type": "string"} for name in names}
        event = {"type": "track", "properties": {name: f"value of {name}" for name in names}}
        curve.measure(count, _payload(_small(fields, mapping)), event, seconds)
    yield curve


def by_subscriptions(seconds: float) -> Iterator[Curve]:
    """Give what it costs to find the one subscription, of many, that wants an event."""
    by_name, by_value = Curve("others name other events"), Curve("others look into the event")
    event = work.track()
    for count in SUBSCRIPTIONS:
        named = work.configured(work.ADD, others=count - 1)
        others = [f'properties.coupon = "number {number}"' for number in range(count - 1)]
        for curve, instance in ((by_name, named), (by_value, _small({}, {}, others))):
            curve.measure(count, partial(_wanting, instance), event, seconds)
    yield from (by_value, by_name)


def under_load(lab: Lab) -> Iterator[Curve]:
    """Give how many events a second are delivered with so many in flight."""
    for side in sides.SIDES:
        if side == sides.FAST and sides.missing():
            continue
        curve = Curve(f"one call per event, {side}")
        for count in IN_FLIGHT:
            options = {"action": work.ADD, "event": "identify", "side": side, "in_flight": count}
            asked = Measurement(OURS, "flight", json.dumps(options))
            rates = [lab.measure(asked)["value"] for _ in range(_ROUNDS)]
            curve.add(count, rate=median(rates))
        yield curve


async def _perform(_: Context, payload: JsonObject) -> Json:
    return payload


def _small(
    fields: Mapping[str, Json], mapping: Mapping[str, Json], others: Iterable[str] = ()
) -> Instance:
    """Return an instance of a destination with these fields, behind others that do not match."""
    action = Action(
        title="Take",
        trigger='type = "track"',
        fields={"type": "object", "properties": fields},
        perform=_perform,
    )
    destination = Destination(slug="small", name="Small", settings=_NONE, actions={"take": action})
    triggers = (*others, action.trigger)
    subscriptions = [{"action": "take", "trigger": each, "mapping": mapping} for each in triggers]
    return Catalog.of(destination).configure(
        {"destination": "small", "subscriptions": subscriptions}
    )


def _payload(instance: Instance) -> Call:
    [compiled] = instance.compiled_subscriptions
    return compiled.prepare


def _wanting(instance: Instance, event: JsonObject) -> list[CompiledSubscription]:
    return [compiled for compiled in instance.candidates(event) if compiled.matches(event)]
