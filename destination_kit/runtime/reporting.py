"""Reporting of results to the observers and the telemetry of an open instance."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from destination_kit.results import Failed, ResultRecord, Skipped, SubscriptionResult
from destination_kit.runtime.observers import Observe, Observers
from destination_kit.telemetry import DURATION, PERFORM, RESULTS, Attributes, Telemetry

_NO_SPAN: Final = nullcontext()


@dataclass(frozen=True, slots=True)
class Reporter:
    """Reports each result of an open instance."""

    #: The destination's slug.
    destination: str
    #: The name of the instance.
    instance: str
    observers: Observers
    telemetry: Telemetry | None

    def report(
        self, result: SubscriptionResult, started: datetime, seconds: float, attempt: int
    ) -> None:
        """Report a result, when its delivery started, its seconds and the number of the attempt."""
        record = ResultRecord(
            destination=self.destination,
            instance=self.instance,
            result=result,
            started=started,
            seconds=seconds,
            attempt=attempt,
        )
        self.observers.notify(record)
        if self.telemetry:
            attributes = _result_attributes(record)
            self.telemetry.count(RESULTS, attributes)
            self.telemetry.measure(DURATION, seconds, attributes)

    def span(self, action: str, payloads: int) -> AbstractContextManager[object]:
        """Return the span of one call of an action's `perform`."""
        if self.telemetry is None:
            return _NO_SPAN
        return self.telemetry.span(
            PERFORM, {"destination_kit.action": action, "destination_kit.payloads": payloads}
        )

    def close(self) -> None:
        """Close the observers."""
        self.observers.close()


def create_reporter(
    destination: str,
    instance: str,
    observers: Mapping[str, Observe],
    telemetry: Telemetry | None,
) -> Reporter | None:
    """Return a reporter, or None where there is neither an observer nor telemetry.

    None, so that a delivery pays for a report only where it is received.
    """
    if not observers and telemetry is None:
        return None
    return Reporter(destination, instance, Observers(observers), telemetry)


def _result_attributes(record: ResultRecord) -> Attributes:
    result = record.result.result
    status = "skipped" if isinstance(result, Skipped) else "delivered"
    return {
        "destination_kit.destination": record.destination,
        "destination_kit.action": record.result.action,
        "destination_kit.status": "failed" if isinstance(result, Failed) else status,
        "destination_kit.code": result.code if isinstance(result, Failed) else "",
    }
