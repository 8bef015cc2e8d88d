"""Delivery log: one line for each final delivery, with the secrets of its instance masked."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from destination_host.queue.records import FINAL, Status
from destination_host.workers import list_outcomes

if TYPE_CHECKING:
    from destination_host.ingress import Receipt
    from destination_host.workers import AttemptReport

logger: Final = logging.getLogger("destination_host.deliveries")


class DeliveryLog:
    """Writes the lines, where the level of `destination_host.deliveries` lets them through.

    `find_redact` returns the function that masks the secrets of an instance, by its name.
    """

    def __init__(self, find_redact: Callable[[str], Callable[[str], str]]) -> None:
        self._find_redact = find_redact

    def log_receipt(self, receipt: Receipt) -> None:
        """Write a line for each delivery that `integrations` or consent kept back."""
        if not receipt.skipped or not logger.isEnabledFor(logging.INFO):
            return
        for event, route in receipt.skipped:
            details = {
                "instance": route.instance,
                "subscription": "",
                "action": "",
                "outcome": Status.SKIPPED.value,
                "code": "",
                "attempts": 0,
                "seconds": 0.0,
                "messageId": event.message_id,
            }
            _write(details, self._find_redact(route.instance))

    def log_attempt(self, report: AttemptReport) -> None:
        """Write a line for each subscription whose result is final."""
        if not logger.isEnabledFor(logging.INFO):
            return
        outcomes = [found for found in list_outcomes(report) if found.status in FINAL]
        if not outcomes:
            return
        message_id = json.loads(report.taken.body).get("messageId")
        for outcome in outcomes:
            details = {
                "instance": report.taken.instance,
                "subscription": outcome.subscription,
                "action": outcome.action,
                "outcome": outcome.status.value,
                "code": outcome.code,
                "attempts": report.taken.attempt,
                "seconds": round(report.seconds, 3),
                "messageId": message_id,
            }
            _write(details, report.live.plan.redact)


def _write(details: dict[str, Any], redact: Callable[[str], str]) -> None:
    masked = {
        name: redact(value) if isinstance(value, str) else value for name, value in details.items()
    }
    level = logging.WARNING if details["outcome"] == Status.DEAD.value else logging.INFO
    logger.log(level, "delivery is %s", masked["outcome"], extra={"details": masked})
