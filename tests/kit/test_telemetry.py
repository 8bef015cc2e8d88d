"""What a host measures, through OpenTelemetry or an object of its own."""

import asyncio
from contextlib import contextmanager

import httpx
import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from destination_kit import IntegrationError
from tests.kit.runtime.odd_destination import EVENT, configure_odd

URL = "https://odd.example/people/ann@example.com?token=s3cret-token"


async def perform(context, payload):
    await context.http.post(URL, json={"email": "ann@example.com"})
    raise IntegrationError("ann@example.com is gone: s3cret-token", "GONE", 404)


def transport():
    return httpx.MockTransport(lambda _: httpx.Response(200, json={}))


@pytest.fixture(scope="module")
def exported():
    """Set the providers, which can be done only once in a process."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracer = TracerProvider()
    tracer.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(tracer)
    metrics.set_meter_provider(MeterProvider([reader]))
    return spans, reader


async def test_open_telemetry_gets_spans_and_metrics_where_the_host_has_loaded_it(exported):
    spans, reader = exported
    async with configure_odd(perform).open(transport()) as live:
        await live.send([EVENT])
    request, performed = spans.get_finished_spans()
    assert (request.name, performed.name) == ("destination_kit.request", "destination_kit.perform")
    assert request.parent.span_id == performed.context.span_id
    assert dict(request.attributes) == {
        "http.request.method": "POST",
        "server.address": "odd.example",
    }
    assert dict(performed.attributes) == {
        "destination_kit.action": "odd/do",
        "destination_kit.payloads": 1,
    }
    told = "".join(span.to_json() for span in (request, performed))
    [resource] = reader.get_metrics_data().resource_metrics
    [scope] = resource.scope_metrics
    found = {metric.name: metric.data.data_points for metric in scope.metrics}
    [result], [duration] = (
        found["destination_kit.results"],
        found["destination_kit.perform.duration"],
    )
    assert (result.value, duration.count) == (1, 1)
    assert dict(result.attributes) == {
        "destination_kit.destination": "odd",
        "destination_kit.action": "do",
        "destination_kit.status": "failed",
        "destination_kit.code": "GONE",
    }
    for secret in ("s3cret", "ann@"):
        assert secret not in told + str(found)


class Own:
    def __init__(self):
        self.seen = []

    def count(self, name, attributes):
        self.seen.append((name, attributes["destination_kit.status"]))

    def measure(self, name, seconds, attributes):
        self.seen.append((name, seconds >= 0))

    @contextmanager
    def span(self, name, attributes):
        self.seen.append((name, "starts"))
        try:
            yield
        finally:
            self.seen.append((name, "ends"))


async def test_a_host_may_measure_with_an_object_of_its_own():
    own = Own()
    async with configure_odd(perform).open(transport(), telemetry=own) as live:
        await asyncio.gather(live.send([EVENT]))
    assert own.seen == [
        ("destination_kit.perform", "starts"),
        ("destination_kit.request", "starts"),
        ("destination_kit.request", "ends"),
        ("destination_kit.perform", "ends"),
        ("destination_kit.results", "failed"),
        ("destination_kit.perform.duration", True),
    ]
