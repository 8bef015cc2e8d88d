"""Telemetry: counts, durations and spans of deliveries, through OpenTelemetry or a host's object.

Attributes hold names, codes and numbers, and never a value of an event or a setting.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Final, Protocol, TypeAlias

Attributes: TypeAlias = Mapping[str, str | int]
"""attribute name -> a name, a code, a status or a number of payloads."""

#: The instrumentation scope (OpenTelemetry's term) of every metric and span.
SCOPE: Final = "destination_kit"
#: Counter of results, by destination, action, status and code.
RESULTS: Final = "destination_kit.results"
#: Histogram of the seconds that `perform` took.
DURATION: Final = "destination_kit.perform.duration"
#: Span of one call of `perform` or `perform_batch`.
PERFORM: Final = "destination_kit.perform"
#: Span of one HTTP request.
REQUEST: Final = "destination_kit.request"


class Telemetry(Protocol):
    """The telemetry of an open instance. Its methods must not raise or block."""

    def count(self, name: str, attributes: Attributes) -> None:
        """Add one to a counter."""
        ...

    def measure(self, name: str, seconds: float, attributes: Attributes) -> None:
        """Record a duration."""
        ...

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[object]:
        """Return a context manager that is entered for the time of the span."""
        ...


class OpenTelemetry:
    """A `Telemetry` over OpenTelemetry's API, with the providers that the host has set."""

    def __init__(self) -> None:
        from opentelemetry import metrics, trace

        self._meter = meter = metrics.get_meter(SCOPE)
        self._tracer = trace.get_tracer(SCOPE)
        results = "Results by destination, action, status and code."
        duration = "How long perform took for each result."
        self._counters = {RESULTS: meter.create_counter(RESULTS, "{result}", results)}
        self._histograms = {DURATION: meter.create_histogram(DURATION, "s", duration)}

    def count(self, name: str, attributes: Attributes) -> None:
        """Add one to a counter."""
        if name not in self._counters:  # an author's own
            self._counters[name] = self._meter.create_counter(name)
        self._counters[name].add(1, attributes)

    def measure(self, name: str, seconds: float, attributes: Attributes) -> None:
        """Record a duration in a histogram."""
        if name not in self._histograms:  # an author's own
            self._histograms[name] = self._meter.create_histogram(name, "s")
        self._histograms[name].record(seconds, attributes)

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[object]:
        """Start a span, which is the current one while entered."""
        # By default OpenTelemetry records the text of an exception. It can hold a secret or a value
        # of an event.
        return self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        )


def default_telemetry() -> Telemetry | None:
    """Return OpenTelemetry where the host has imported it, else None."""
    # An import here would turn OpenTelemetry on wherever it is installed. Without a provider it
    # still costs about 9 µs per event.
    return OpenTelemetry() if "opentelemetry" in sys.modules else None
