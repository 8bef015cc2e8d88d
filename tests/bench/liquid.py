"""Benchmark of `@liquid`: renders per second beside the reference, and the cost of hostile templates.

    python -m tests.bench.liquid

Each side renders in its own process, in turn; the table has medians of five rounds. Without Node
only our side runs. For a hostile template the time is processor time, and the memory is the peak
of Python's own allocations.
"""

from __future__ import annotations

import json
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any

from destination_kit.errors import MappingError, PayloadValidationError
from destination_kit.mapping import compile_mapping
from tests.conformance import oracle
from tests.kit.mapping.liquid.bombs import BOMBS, HUGE

TEMPLATES = {
    "four outputs and a condition": (
        "{{ properties.first | upcase }} {{ properties.n | times: 2 | plus: 1 }}"
        " {{ properties.list | join: ', ' }} {{ y.k | default: 'x' }}"
        "{% if properties.first == 'ada' and properties.n > 3 %}yes{% else %}no{% endif %}"
    ),
    "one output": "{{ properties.first }}",
    "a date": "{{ when | date: '%Y-%m-%d %H:%M' }}",
}
EVENT = {
    "properties": {"first": "ada", "n": 5, "list": ["a", "b"]},
    "y": {"k": "v"},
    "when": "2024-02-29T12:34:56+02:00",
}
_ROUNDS = 5
_SECONDS = 0.5


def main() -> None:
    """Print both tables."""
    print(f"{'renders per second':<32}{'ours':>10}{'reference':>11}{'ratio':>7}{'parsed once':>13}")
    for name, template in TEMPLATES.items():
        rounds = [(_ours(template), _theirs(template)) for _ in range(_ROUNDS)]
        ours = median(rate for rate, _ in rounds)
        print(f"{name:<32}{ours:>10,.0f}{_compare(ours, [rates for _, rates in rounds])}")
    print(f"\n{'bomb':<36}{'ms':>8}{'MB':>8}  outcome")
    for name, template in BOMBS.items():
        print(f"{name:<36}{_milliseconds(template):>8.1f}{_megabytes(template):>8.1f}", end="")
        print(f"  {_outcome(template)}")


def _compare(ours: float, theirs: list[dict[str, float]]) -> str:
    if not all(theirs):
        return "  (no Node)"
    reference, compiled = (
        median(rates[key] for rates in theirs) for key in ("reference", "compiled")
    )
    return f"{reference:>11,.0f}{ours / reference:>7.2f}{compiled:>13,.0f}"


def _ours(template: str) -> float:
    resolve = compile_mapping({"f": {"@liquid": template}})
    start = perf_counter()
    count = 0
    while (passed := perf_counter() - start) < _SECONDS:
        for _ in range(100):
            resolve(EVENT)
        count += 100
    return count / passed


def _theirs(template: str) -> dict[str, float]:
    try:
        node = oracle.command()[0]
    except oracle.UnavailableError:
        return {}
    options = {"template": template, "event": EVENT, "seconds": _SECONDS}
    options_json = json.dumps({**options, "modules": str(oracle.modules())})
    script = Path(__file__).with_suffix(".mjs")
    process = subprocess.run(
        [node, script, options_json], capture_output=True, text=True, check=True
    )
    rates: dict[str, float] = json.loads(process.stdout)
    return rates


def _detonate(template: str) -> Any:
    try:
        return compile_mapping({"f": {"@liquid": template}})(HUGE)
    except (MappingError, PayloadValidationError) as error:
        return error


def _milliseconds(template: str) -> float:
    return _median(lambda: _timed(template))


def _timed(template: str) -> float:
    start = thread_time()
    _detonate(template)
    return (thread_time() - start) * 1000


def _median(measure: Callable[[], float]) -> float:
    return median(measure() for _ in range(_ROUNDS))


def _megabytes(template: str) -> float:
    tracemalloc.start()
    _detonate(template)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def _outcome(template: str) -> str:
    result = _detonate(template)
    if isinstance(result, Exception):
        return str(result).splitlines()[0]
    return f"rendered {len(result['f']):,} characters"


if __name__ == "__main__":
    main()
