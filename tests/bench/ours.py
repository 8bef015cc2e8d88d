"""One measurement of our side, in this process: prints one JSON object.

    python -m tests.bench.ours MEASURE OPTIONS

MEASURE is one of `MEASURES`, OPTIONS a JSON object: `seconds`, `warm_up`, and what it says itself.
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
    """Return how often a second a trigger is asked about an event that it matches."""
    from tests.bench import work

    fql = {"simple": work.SIMPLE, "five": work.FIVE}[trigger]
    [compiled] = work.configured(work.ADD, fql).compiled_subscriptions
    asked = work.EVENTS[event]()
    if not compiled.matches(asked):
        raise SystemExit("the trigger of the benchmark must match")
    return _rate(compiled.matches, asked, **timing)


def payload(action: str, event: str, **timing: float) -> Mapping[str, float]:
    """Return how often a second an event becomes a checked payload."""
    from tests.bench import work

    [compiled] = work.configured(action).compiled_subscriptions
    given = work.EVENTS[event]()
    made, problems = compiled.prepare(given)
    if problems or not made:
        raise SystemExit(f"the payload of the benchmark must be valid: {problems}")
    return _rate(compiled.prepare, given, **timing)


def flight(url: str, **options: Any) -> Mapping[str, float]:
    """Return what `tests.bench.flights` says of a flight with these options."""
    from tests.bench.flights import Flight, fly

    planned = Flight(**options)
    return sides.run(planned.side, fly(planned, url))


MEASURES: Mapping[str, Callable[..., Mapping[str, float]]] = {
    each.__name__: each for each in (trigger, payload, flight)
}


def _rate(
    call: Callable[[Any], object], event: object, seconds: float = 1.0, warm_up: float = 0.3
) -> Mapping[str, float]:
    per_second(call, event, warm_up)
    return {"value": per_second(call, event, seconds)}


def per_second(call: Callable[[Any], object], event: object, seconds: float) -> float:
    """Return how often a second a function can be called with an event."""
    done, start = 0, perf_counter()
    while (spent := perf_counter() - start) < seconds:
        for _ in repeat(None, _CHUNK):
            made = call(event)
        done += _CHUNK
    if made is None:
        raise SystemExit("the measured function returned nothing")
    return done / spent


if __name__ == "__main__":
    name, given = sys.argv[1], json.loads(sys.argv[2])
    sides.settle(given.get("side", sides.PLAIN))
    print(json.dumps(MEASURES[name](**given)))
