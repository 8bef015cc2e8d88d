"""Monitor: what a host shows of itself, in metrics, the delivery log and OpenTelemetry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from time import time
from typing import TYPE_CHECKING

from starlette.responses import Response

from destination_host.monitoring.delivery_log import DeliveryLog
from destination_host.monitoring.gauges import Reading
from destination_host.monitoring.metrics import Metrics

if TYPE_CHECKING:
    from starlette.requests import Request

    from destination_host.config.records import HostConfig
    from destination_host.ingress import Receipt
    from destination_host.queue import Found, Stats
    from destination_host.workers import AttemptReport
    from destination_kit import Live, Telemetry


class Monitor:
    """Receives what happens in a host, and shows it. Its methods neither wait nor raise."""

    def __init__(self, telemetry: Telemetry | None = None) -> None:
        #: What the open instances report to; None for OpenTelemetry where a program has loaded it.
        self.telemetry = telemetry
        #: The time of its making: make it before the queue is opened.
        self.started_at = time()
        self._metrics = Metrics(self._read)
        self._log = DeliveryLog(self._find_redact)
        self._live: Mapping[str, Live] = {}
        self._read_stats: Callable[[], Stats | None] = _no_stats

    def watch_queue(self, read_stats: Callable[[], Stats | None]) -> None:
        """Show these figures of the queue at each scrape; None where there are none."""
        self._read_stats = read_stats

    def use_config(self, config: HostConfig, live: Mapping[str, Live]) -> None:
        """Show a configuration and its open instances, in place of an earlier one."""
        self._live = live
        self._metrics.use_config(config)

    def record_receipt(self, receipt: Receipt) -> None:
        """Record what became of the events of a request."""
        self._metrics.count_receipt(receipt)
        self._log.log_receipt(receipt)

    def record_attempt(self, report: AttemptReport) -> None:
        """Record an attempt to deliver an event."""
        self._metrics.count_attempt(report)
        self._log.log_attempt(report)

    def record_killed(self, found: Found) -> None:
        """Record a delivery that is dead because it killed the process."""
        self._metrics.count_killed(found)
        self._log.log_killed(found)

    def record_commit(self, seconds: float) -> None:
        """Record a commit of the queue, on any thread."""
        self._metrics.observe_commit(seconds)

    async def show_metrics(self, request: Request) -> Response:
        """Answer a scrape."""
        accept = request.headers.get("accept", "")
        # 2,000 series take 30 ms, in which no event would be received.
        content, media_type = await asyncio.to_thread(self._metrics.render, accept)
        return Response(content, headers={"Content-Type": media_type})

    def _read(self) -> Reading:
        budgets = [
            (live.plan.destination.slug, limit, requests)
            for live in self._live.values()
            for limit, requests in live.available_requests().items()
        ]
        return Reading([*self._live], self._read_stats(), budgets)

    def _find_redact(self, instance: str) -> Callable[[str], str]:
        live = self._live.get(instance)
        return live.plan.redact if live else str


def _no_stats() -> Stats | None:
    return None
