"""Gauges: what the queue and the partners' budgets are at the moment of a scrape."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from destination_host.monitoring.labels import merge_budgets
from destination_host.queue.records import InstanceStats, Status

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from destination_host.queue import Stats

_EMPTY = InstanceStats(counts={})


@dataclass(frozen=True, slots=True)
class Reading:
    """What the gauges show."""

    #: The names of the instances of the configuration.
    instances: Collection[str]
    #: The figures of the queue; None where it cannot be read.
    stats: Stats | None
    #: (slug of the destination, rate limit, requests that may leave at once), by instance.
    budgets: Iterable[tuple[str, str, int]]


class GaugeCollector(Collector):
    """Collects the gauges of a host by one reading per scrape."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges. Those of a queue that cannot be read are left out, and not 0."""
        reading = self._read()
        if reading.stats is not None:
            # An instance without deliveries has a series too, so that no panel is empty.
            yield from _queue_gauges(
                dict.fromkeys(reading.instances, _EMPTY) | dict(reading.stats.instances)
            )
        budget = GaugeMetricFamily(
            "dkit_partner_budget_remaining",
            "Requests under a rate limit of a partner that may leave at once; 0 where they wait.",
            labels=("endpoint",),
        )
        for endpoint, requests in sorted(merge_budgets(reading.budgets).items()):
            budget.add_metric((endpoint,), requests)
        yield budget


def _queue_gauges(instances: Mapping[str, InstanceStats]) -> Iterator[Metric]:
    deliveries = GaugeMetricFamily(
        "dkit_queue_deliveries",
        "Deliveries in the queue by state, final ones until their retention ends.",
        labels=("instance", "state"),
    )
    oldest = GaugeMetricFamily(
        "dkit_queue_oldest_seconds",
        "Seconds by which the oldest due delivery is overdue.",
        labels=("instance",),
    )
    for name, stats in sorted(instances.items()):
        for status in Status:
            deliveries.add_metric((name, status.value), stats.counts.get(status, 0))
        oldest.add_metric((name,), stats.overdue)
    yield deliveries
    yield oldest
