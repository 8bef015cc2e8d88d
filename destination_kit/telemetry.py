"""What a host measures: counts, durations and spans, without any value of an event or a setting."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol, TypeAlias

Attributes: TypeAlias = Mapping[str, str | int]
"""Names, codes, statuses and numbers of payloads."""

SCOPE = "destination_kit"


class Telemetry(Protocol):
    """Where an open instance reports to. Nothing that it does may raise or wait."""

    def count(self, name: str, attributes: Attributes) -> None:
        """Add one to a counter."""
        ...

    def measure(self, name: str, seconds: float, attributes: Attributes) -> None:
        """Note how long something took."""
        ...

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[object]:
        """Return what is entered while something goes on."""
        ...


_NOTHING: Final = nullcontext()


class Silent:
    """Reports to nobody."""

    def count(self, name: str, attributes: Attributes) -> None:
        """Do nothing."""

    def measure(self, name: str, seconds: float, attributes: Attributes) -> None:
        """Do nothing."""

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[object]:  # noqa: ARG002 - the protocol's shape
        """Do nothing."""
        return _NOTHING


class OpenTelemetry:
    """Reports through OpenTelemetry's API to the providers that the host has set.

    A span does not record exceptions, since their text may hold what is nobody's business.
    """

    def __init__(self) -> None:
        from opentelemetry import metrics, trace

        meter = metrics.get_meter(SCOPE)
        self._tracer = trace.get_tracer(SCOPE)
        self._counters = {RESULTS: meter.create_counter(RESULTS, "{result}", _RESULTS)}
        self._histograms = {DURATION: meter.create_histogram(DURATION, "s", _DURATION)}

    def count(self, name: str, attributes: Attributes) -> None:
        """Add one to a counter."""
        self._counters[name].add(1, attributes)

    def measure(self, name: str, seconds: float, attributes: Attributes) -> None:
        """Record a duration in a histogram."""
        self._histograms[name].record(seconds, attributes)

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[object]:
        """Start a span, which is the current one as long as it is entered."""
        return self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        )


RESULTS = "destination_kit.results"
DURATION = "destination_kit.perform.duration"
PERFORM = "destination_kit.perform"
REQUEST = "destination_kit.request"
_RESULTS = "Results by destination, action, status and code."
_DURATION = "How long perform took for each result."


def usual() -> Telemetry:
    """Return OpenTelemetry where the host has loaded it, and otherwise nobody."""
    return OpenTelemetry() if "opentelemetry" in sys.modules else Silent()
