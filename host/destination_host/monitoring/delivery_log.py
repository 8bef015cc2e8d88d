"""Delivery log: one line for each final delivery, with the secrets of its instance masked."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from destination_host.queue.records import FINAL, Status
from destination_host.workers import list_outcomes

if TYPE_CHECKING:
    from destination_host.ingress import Receipt
    from destination_host.queue import Found
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
            line = _Line(
                instance=route.instance, outcome=Status.SKIPPED.value, messageId=event.message_id
            )
            line.write(self._find_redact(route.instance))

    def log_attempt(self, report: AttemptReport) -> None:
        """Write a line for each subscription whose result is final."""
        if not logger.isEnabledFor(logging.INFO):
            return
        outcomes = [found for found in list_outcomes(report) if found.status in FINAL]
        if not outcomes:
            return
        message_id = json.loads(report.taken.body).get("messageId")
        for outcome in outcomes:
            line = _Line(
                instance=report.taken.instance,
                subscription=outcome.subscription,
                action=outcome.action,
                outcome=outcome.status.value,
                code=outcome.code,
                attempts=report.taken.attempt,
                seconds=round(report.seconds, 3),
                messageId=message_id,
            )
            line.write(report.live.plan.redact)

    def log_killed(self, found: Found) -> None:
        """Write the line of a delivery that is dead because it killed the process."""
        for failure in found.failures:
            line = _Line(
                instance=found.instance,
                outcome=found.status.value,
                code=failure.code,
                attempts=found.attempts,
                messageId=found.message_id,
            )
            line.write(self._find_redact(found.instance))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line; the names are its keys."""

    instance: str
    subscription: str = ""
    action: str = ""
    outcome: str
    code: str = ""
    attempts: int = 0
    seconds: float = 0.0
    messageId: Any  # noqa: N815 - the event's own name

    def write(self, redact: Callable[[str], str]) -> None:
        """Write the line with each text masked."""
        details = {
            name: redact(value) if isinstance(value, str) else value
            for name, value in asdict(self).items()
        }
        level = logging.WARNING if self.outcome == Status.DEAD.value else logging.INFO
        logger.log(level, "delivery is %s", self.outcome, extra={"details": details})
