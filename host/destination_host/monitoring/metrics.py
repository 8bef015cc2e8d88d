"""Metrics of a host for Prometheus, in a registry of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from destination_host.monitoring.gauges import GaugeCollector, Reading
from destination_host.monitoring.labels import DeliveryLabelLimit, DeliveryLabels
from destination_host.queue.records import Status
from destination_host.workers import list_outcomes

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from destination_host.config.records import HostConfig
    from destination_host.ingress import Receipt
    from destination_host.queue import Found
    from destination_host.workers import AttemptReport

#: The label of a sender without a known write key. No source has this name.
UNKNOWN_SOURCE: Final = "(unknown)"
_RECEIPT_OUTCOMES: Final = ("accepted", "repeated", "rejected", "refused")
# An attempt has 30 s. A commit waits for the disk, and takes 1 ms on a good one.
_ATTEMPT_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_COMMIT_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """Counts what a host does. `read` tells what the gauges show, at each scrape."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        registry = self._registry = CollectorRegistry()
        self._received = Counter(
            "dkit_events_received",
            "Events that arrived; refused ones are to be sent again or mended.",
            ("source", "outcome"),
            registry=registry,
        )
        self._deliveries = Counter(
            "dkit_deliveries",
            "Results of subscriptions; waiting and parked ones are attempted again.",
            ("instance", "action", "outcome", "code"),
            registry=registry,
        )
        self._attempts = Counter(
            "dkit_delivery_attempts", "Attempts to deliver an event.", registry=registry
        )
        self._attempt_seconds = Histogram(
            "dkit_delivery_duration_seconds",
            "Seconds of an attempt, with its waits for the partner's rate limits.",
            buckets=_ATTEMPT_BUCKETS,
            registry=registry,
        )
        self._commit_seconds = Histogram(
            "dkit_commit_duration_seconds",
            "Seconds of a commit of the queue, its fsync included.",
            buckets=_COMMIT_BUCKETS,
            registry=registry,
        )
        registry.register(GaugeCollector(read))
        self._limit = DeliveryLabelLimit()
        # `labels` takes three times as long as `inc`.
        self._counters: dict[DeliveryLabels, Counter] = {}
        self._sources: set[str] = set()

    def use_config(self, config: HostConfig) -> None:
        """Show the sources and instances of this configuration, and no longer those of another."""
        sources = {UNKNOWN_SOURCE, *(source.name for source in config.sources)}
        for source in self._sources - sources:
            for outcome in _RECEIPT_OUTCOMES:
                self._received.remove(source, outcome)
        for source in sources:
            for outcome in _RECEIPT_OUTCOMES:  # `rate` needs a series from its first 0 on
                self._received.labels(source, outcome)
        self._sources = sources
        self._counters.clear()
        for labels in self._limit.replace_instances(config.instances):
            self._deliveries.remove(*labels)

    def count_receipt(self, receipt: Receipt) -> None:
        """Count the events of a request, and the deliveries that are skipped at once."""
        # A request may still come with a source that a new configuration has removed.
        source = receipt.source if receipt.source in self._sources else UNKNOWN_SOURCE
        for outcome in _RECEIPT_OUTCOMES:
            if number := getattr(receipt, outcome):
                self._received.labels(source, outcome).inc(number)
        for _, route in receipt.skipped:
            self._count_delivery(route.instance, "", Status.SKIPPED, "")

    def count_attempt(self, report: AttemptReport) -> None:
        """Count an attempt, and what became of each subscription."""
        self._attempts.inc()
        self._attempt_seconds.observe(report.seconds)
        instance = report.taken.instance
        for outcome in list_outcomes(report):
            self._count_delivery(instance, outcome.action, outcome.status, outcome.code)

    def count_killed(self, found: Found) -> None:
        """Count a delivery that is dead because it killed the process."""
        for failure in found.failures:
            self._count_delivery(found.instance, failure.action, found.status, failure.code)

    def observe_commit(self, seconds: float) -> None:
        """Count a commit; called on the thread of the queue."""
        self._commit_seconds.observe(seconds)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the exposition and its media type, as the `Accept` header of a scrape asks."""
        encode, media_type = choose_encoder(accept)
        return encode(_WithoutCreated(self._registry)), media_type

    def _count_delivery(self, instance: str, action: str, status: Status, code: str) -> None:
        labels = (instance, action, status.value, code)
        counter = self._counters.get(labels)
        if counter is None:
            fitting = self._limit.fit(labels)
            counter = self._deliveries.labels(*fitting)
            if fitting == labels:
                self._counters[labels] = counter
        counter.inc()


class _WithoutCreated(Collector):
    """The metrics of a registry without the time at which each series was made.

    These would double the series, and Prometheus stores them as metrics of their own. The library
    leaves them out by a global switch alone, which would concern other registries of the process.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [
                sample for sample in metric.samples if not sample.name.endswith("_created")
            ]
            yield metric
