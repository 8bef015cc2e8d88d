"""OpenTelemetry: what a host exports, to a real collector's paths or to an object of a program."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from host.tests.running import running

#: Runs a host in this process, as `dkit serve --otel` does, and delivers one event.
PROGRAM = """
import asyncio, sys, tempfile
from pathlib import Path
from destination_host.monitoring.open_telemetry import exporting_telemetry
from host.tests.running import running

async def work(telemetry):
    async with running(Path(tempfile.mkdtemp()), telemetry=telemetry) as host:
        await host.send({"type": "track", "event": "n", "userId": "u-4711"})
        await host.settled()

with exporting_telemetry() as telemetry:
    asyncio.run(work(telemetry))
"""


@contextmanager
def collector():
    """Yield the URL of a collector, and the bodies that it has received by path."""
    received = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.setdefault(self.path, []).append(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", received
        finally:
            server.shutdown()
            serving.join()


def run(program, **environment):
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": ".", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stderr
    return ran


def test_spans_and_metrics_reach_a_collector_before_the_host_has_ended():
    with collector() as (url, received):
        run(PROGRAM, OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_SERVICE_NAME="our-host")
    assert received.keys() == {"/v1/traces", "/v1/metrics"}
    [traces] = (ExportTraceServiceRequest.FromString(body) for body in received["/v1/traces"])
    [resource] = traces.resource_spans
    named = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
    assert named["service.name"] == "our-host"
    assert [span.name for scope in resource.scope_spans for span in scope.spans] == [
        "destination_kit.perform"
    ]
    metrics = [ExportMetricsServiceRequest.FromString(body) for body in received["/v1/metrics"]]
    names = {
        metric.name
        for request in metrics
        for found in request.resource_metrics
        for scope in found.scope_metrics
        for metric in scope.metrics
    }
    assert names >= {"destination_kit.results", "destination_kit.perform.duration"}
    assert b"u-4711" not in b"".join([*received["/v1/traces"], *received["/v1/metrics"]])


def test_the_service_has_a_name_where_no_variable_gives_one():
    with collector() as (url, received):
        run(PROGRAM, OTEL_EXPORTER_OTLP_ENDPOINT=url)
    [body] = received["/v1/traces"]
    assert b"dkit-serve" in body


class Own:
    """A telemetry that remembers the names of what it got."""

    def __init__(self):
        self.names = []

    def count(self, name, attributes):
        self.names.append((name, attributes["destination_kit.status"]))

    def measure(self, name, seconds, attributes):
        self.names.append((name, seconds >= 0))

    @contextmanager
    def span(self, name, attributes):
        self.names.append((name, attributes["destination_kit.action"]))
        yield


async def test_each_instance_reports_to_the_telemetry_of_its_host(tmp_path):
    own = Own()
    async with running(tmp_path, telemetry=own) as host:
        await host.send({"type": "track", "event": "n", "userId": "u-1"})
        await host.settled()
        await host.host.reload()
        await host.send({"type": "track", "event": "n", "userId": "u-2"})
        await host.settled(2)
    assert own.names == 2 * [
        ("destination_kit.perform", "actions-partner/post"),
        ("destination_kit.results", "delivered"),
        ("destination_kit.perform.duration", True),
    ]
