"""Settings failures: a row of them stops a run, since the next events would fail as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from destination_kit.results import Delivered, Failed, Skipped

if TYPE_CHECKING:
    from destination_kit.results import EventResult, SubscriptionResult


@dataclass(frozen=True, slots=True)
class SettingsFailures:
    """Failures in a row of one subscription, with one code and the remedy `settings`."""

    #: Name of the subscription.
    subscription: str
    #: The last of the failures.
    failed: Failed
    #: How many there were.
    count: int


class SettingsFailureCounter:
    """Counts settings failures by subscription; a delivery starts the count anew."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rows: dict[str, SettingsFailures] = {}

    def add(self, result: EventResult) -> SettingsFailures | None:
        """Count the results of an event; return the row that has reached the limit, else None."""
        for subscription_result in result.results:
            row = self._count(subscription_result)
            if row and row.count >= self._limit:
                return row
        return None

    def _count(self, result: SubscriptionResult) -> SettingsFailures | None:
        name, failed = result.subscription, result.result
        if isinstance(failed, Delivered):
            self._rows.pop(name, None)
            return None
        # A payload that the kit itself refuses says nothing about the settings, and an action may
        # skip an event without a request. If these started the count anew, a file with some such
        # events would never stop.
        if isinstance(failed, Skipped) or failed.remedy != "settings":
            return None
        row = self._rows.get(name)
        count = row.count + 1 if row and row.failed.code == failed.code else 1
        self._rows[name] = SettingsFailures(name, failed, count)
        return self._rows[name]
