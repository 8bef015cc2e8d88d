"""Rows of the benchmark: the measurements that each compares, and its goal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tests.bench import sides, work

OURS, REFERENCE = "ours", "reference"


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement of one side. Equal measurements run once per round."""

    who: str
    measure: str
    options: str = "{}"

    def parsed_options(self) -> dict[str, Any]:
        """Return the options of its process."""
        options: dict[str, Any] = json.loads(self.options)
        return options

    @property
    def needs_fast(self) -> bool:
        """Whether its process needs the packages of the extra `fast`."""
        return self.who == OURS and self.parsed_options().get("side") == sides.FAST


@dataclass(frozen=True, slots=True)
class Comparison:
    """A row: two measurements, and how many times as fast ours must be."""

    name: str
    title: str
    ours: Measurement
    #: The measurement that ours is compared with: the reference's, or another one of ours.
    other: Measurement
    #: The smallest ratio that reaches the goal, None without a goal.
    goal: float | None
    #: The unit of the values. With "ms" smaller values are better.
    unit: str = "/s"


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """The values of a row, one per round."""

    row: Comparison
    ours: Sequence[float]
    other: Sequence[float] = ()

    @property
    def ratios(self) -> Sequence[float]:
        """How many times as fast our side was, by round."""
        pairs = zip(self.ours, self.other, strict=False)
        return [self._faster(mine, theirs) for mine, theirs in pairs]

    @property
    def ratio(self) -> float | None:
        """The median of `ratios`, None without the other side."""
        return median(self.ratios) if self.other else None

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without a goal or without the other side."""
        if self.ratio is None or self.row.goal is None:
            return None
        return self.ratio >= self.row.goal

    def as_json(self) -> Mapping[str, Any]:
        """Return the record for the results file."""
        return {
            "title": self.row.title,
            "unit": self.row.unit,
            "ours": list(self.ours),
            "other": list(self.other),
            "ratio": self.ratio,
            "goal": self.row.goal,
            "reached": self.reached,
        }

    def _faster(self, mine: float, theirs: float) -> float:
        return theirs / mine if self.row.unit == "ms" else mine / theirs


def rows() -> Sequence[Comparison]:
    """Return every row of the speed table."""
    return (
        _pure("trigger", 'trigger, type = "identify"', 10, trigger="simple", event="identify"),
        _pure("trigger-5", "trigger, 5 clauses", 10, trigger="five", event="track"),
        *(
            _pure(
                f"{short}-{event}", f"payload of {action}, {event}", 5, action=action, event=event
            )
            for short, action in (("contact", work.ADD), ("transaction", work.UPSERT))
            for event in work.EVENTS
        ),
        *_many_subscriptions(sides.PLAIN),
        _call("call", "one call per event, plain", 0.5, side=sides.PLAIN),
        *_many_subscriptions(sides.FAST),
        _call("call-fast", "one call per event, fast", 2, side=sides.FAST),
        _batches("batched", "transactions in batches, plain", 20, sides.PLAIN),
        _batches("batched-fast", "transactions in batches, fast", 20, sides.FAST),
        Comparison(
            "start",
            "import and first event",
            _measurement(OURS, "start", action=work.ADD, event="identify"),
            _measurement(REFERENCE, "start", action=work.ADD, event="identify"),
            0.9,
            "ms",
        ),
    )


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of one side, in megabytes."""

    who: str
    events: int
    #: The peak of the process.
    megabytes: float
    #: The growth of the peak after the first tenth of the events.
    grown: float
    #: The goal for the peak.
    most: float = field(default=120.0)
    #: The goal for the growth.
    flat: float = field(default=8.0)

    @property
    def reached(self) -> bool:
        """Whether memory stays flat and low."""
        return self.megabytes < self.most and self.grown < self.flat


def memory(who: str, count: int) -> Measurement:
    """Return the flight of `count` events that measures memory."""
    if who == REFERENCE:
        return _measurement(who, "flight", **_FLIGHT[work.UPSERT], count=count)
    return _measurement(who, "flight", **_FLIGHT[work.UPSERT], **_LISTS, count=count)


_FLIGHT: Mapping[str, Mapping[str, str]] = {
    work.ADD: {"action": work.ADD, "event": "identify"},
    work.UPSERT: {"action": work.UPSERT, "event": "track"},
}
_LISTS: Mapping[str, int] = {"size": 500, "in_flight": 2}


def _measurement(who: str, measure: str, **options: object) -> Measurement:
    return Measurement(who, measure, json.dumps(options, sort_keys=True))


def _pure(name: str, title: str, goal: float, **options: object) -> Comparison:
    measure = "trigger" if "trigger" in options else "payload"
    ours, other = (_measurement(who, measure, **options) for who in (OURS, REFERENCE))
    return Comparison(name, title, ours, other, goal)


def _call(name: str, title: str, goal: float, **options: object) -> Comparison:
    flight = _FLIGHT[work.ADD]
    ours = _measurement(OURS, "flight", **flight, **options)
    return Comparison(name, title, ours, _measurement(REFERENCE, "flight", **flight), goal)


def _many_subscriptions(side: str) -> Sequence[Comparison]:
    flight, short = _FLIGHT[work.ADD], f"subscriptions{'-fast' if side == sides.FAST else ''}"
    one = _measurement(OURS, "flight", **flight, side=side)
    many = _measurement(OURS, "flight", **flight, side=side, others=49)
    theirs = _measurement(REFERENCE, "flight", **flight, others=49)
    return (
        Comparison(short, f"50 subscriptions, {side}, beside one", many, one, 0.9),
        Comparison(f"{short}-reference", f"50 subscriptions, {side}", many, theirs, None),
    )


def _batches(name: str, title: str, goal: float | None, side: str) -> Comparison:
    flight = _FLIGHT[work.UPSERT]
    ours = _measurement(OURS, "flight", **flight, **_LISTS, side=side)
    return Comparison(name, title, ours, _measurement(REFERENCE, "flight", **flight), goal)
