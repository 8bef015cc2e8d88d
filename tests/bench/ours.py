"""Runs one measurement of our side in this process, and prints one JSON object.

    python -m tests.bench.ours MEASURE OPTIONS

MEASURE is one of `MEASURES`. OPTIONS is a JSON object: `seconds`, `warm_up`, and the parameters of
the measurement.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from itertools import repeat
from time import perf_counter
from typing import Any

from tests.bench import sides

_CHUNK = 200


def trigger(trigger: str, event: str, **timing: float) -> Mapping[str, float]:
    """Return the evaluations per second of a trigger that matches."""
    from tests.bench import work

    fql = {"simple": work.SIMPLE, "five": work.FIVE}[trigger]
    compiled = work.configured(work.ADD, fql).compiled_subscriptions[
        0
    ]  # the second one deletes users
    matching = work.EVENTS[event]()
    if not compiled.matches(matching):
        raise SystemExit("the trigger of the benchmark must match")
    return _rate(compiled.matches, matching, **timing)


def payload(action: str, event: str, **timing: float) -> Mapping[str, float]:
    """Return the payloads per second that are made from an event and checked."""
    from destination_kit._event_size import EventMeter
    from tests.bench import work

    compiled = work.configured(action).compiled_subscriptions[0]  # the second one deletes users
    source = work.EVENTS[event]()
    # An event is measured once for all subscriptions. The rows of calls and batches hold that cost.
    size = EventMeter().measure(source)

    def prepare(source: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[Any, ...]]:
        return compiled.prepare(source, size)

    made, problems = prepare(source)
    if problems or not made:
        raise SystemExit(f"the payload of the benchmark must be valid: {problems}")
    return _rate(prepare, source, **timing)


def flight(url: str, **options: Any) -> Mapping[str, float]:
    """Return the figures of a flight with these options."""
    from tests.bench.flights import Flight, fly

    plan = Flight(**options)
    return sides.run(plan.side, fly(plan, url))


MEASURES: Mapping[str, Callable[..., Mapping[str, float]]] = {
    measure.__name__: measure for measure in (trigger, payload, flight)
}


def _rate(
    call: Callable[[Any], object], event: object, seconds: float = 1.0, warm_up: float = 0.3
) -> Mapping[str, float]:
    per_second(call, event, warm_up)
    return {"value": per_second(call, event, seconds)}


def per_second(call: Callable[[Any], object], event: object, seconds: float) -> float:
    """Return the calls per second of a function with an event."""
    done, start = 0, perf_counter()
    while (spent := perf_counter() - start) < seconds:
        for _ in repeat(None, _CHUNK):
            made = call(event)
        done += _CHUNK
    if made is None:
        raise SystemExit("the measured function returned nothing")
    return done / spent


if __name__ == "__main__":
    name, options = sys.argv[1], json.loads(sys.argv[2])
    sides.hide_extra(options.get("side", sides.PLAIN))
    print(json.dumps(MEASURES[name](**options)))
