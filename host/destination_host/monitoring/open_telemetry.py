"""OpenTelemetry: spans and metrics of the kit, exported by OTLP as the `OTEL_` variables say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from destination_kit import OpenTelemetry

if TYPE_CHECKING:
    from destination_kit import Telemetry

#: The service, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES names it.
_SERVICE: Final = "dkit-serve"


class MissingExtraError(Exception):
    """A library of an extra that is not installed; the message says how to install it."""


@contextmanager
def exporting_telemetry() -> Iterator[Telemetry]:
    """Export what the instances report, and at the end what is left of it.

    Under `opentelemetry-instrument` its own providers do that. Raises `MissingExtraError` without
    the extra `otel`.
    """
    if not _is_installed("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"):
        message = "--otel needs the extra `otel`: pip install 'destination-kit-host[otel]'"
        raise MissingExtraError(message)
    from opentelemetry import trace

    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield OpenTelemetry()
        return
    with _exporting():
        yield OpenTelemetry()


def _is_installed(*modules: str) -> bool:
    try:
        return all(map(find_spec, modules))
    except ImportError:  # of a package in which the module would be
        return False


@contextmanager
def _exporting() -> Iterator[None]:
    """Set providers that export over HTTP; the exporters read the variables themselves."""
    from opentelemetry import metrics, trace
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = Resource.create().merge(Resource({"service.name": _SERVICE}))
    resource = named.merge(OTELResourceDetector().detect())
    spans = TracerProvider(resource=resource)
    spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    measurements = MeterProvider(
        [PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource
    )
    trace.set_tracer_provider(spans)
    metrics.set_meter_provider(measurements)
    try:
        yield
    finally:
        spans.shutdown()
        measurements.shutdown()
