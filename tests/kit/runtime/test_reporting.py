"""A reporter exists where its reports are received."""

from datetime import UTC, datetime

import pytest

from destination_kit import Delivered, Failed, Skipped, SubscriptionResult
from destination_kit.runtime.reporting import create_reporter


class Noting:
    """A telemetry that keeps what it gets."""

    def __init__(self):
        self.counted, self.measured, self.spans = [], [], []

    def count(self, name, attributes):
        self.counted.append(attributes)

    def measure(self, name, value, attributes):
        self.measured.append((value, attributes))

    def span(self, name, attributes):
        self.spans.append(attributes)
        return "span"


def test_without_observers_and_telemetry_there_is_no_reporter():
    assert create_reporter("slug", "name", {}, None) is None
    assert create_reporter("slug", "name", {"a": print}, None) is not None
    assert create_reporter("slug", "name", {}, Noting()) is not None


@pytest.mark.parametrize(
    ("result", "status", "code"),
    [
        (Delivered({}), "delivered", ""),
        (Failed("NO", "no"), "failed", "NO"),
        (Skipped("absent"), "skipped", ""),
    ],
)
def test_a_result_is_counted_and_measured_by_its_status(result, status, code):
    telemetry = Noting()
    reporter = create_reporter("slug", "name", {}, telemetry)
    reporter.report(SubscriptionResult("Do", "do", result), datetime.now(UTC), 0.5, 2)
    [attributes] = telemetry.counted
    assert attributes == {
        "destination_kit.destination": "slug",
        "destination_kit.action": "do",
        "destination_kit.status": status,
        "destination_kit.code": code,
    }
    assert telemetry.measured == [(0.5, attributes)]


def test_a_call_of_perform_has_a_span_where_telemetry_receives_it():
    telemetry = Noting()
    reporter = create_reporter("slug", "name", {}, telemetry)
    assert reporter.span("slug/do", 3) == "span"
    assert telemetry.spans == [{"destination_kit.action": "slug/do", "destination_kit.payloads": 3}]
    with create_reporter("slug", "name", {"a": print}, None).span("slug/do", 1) as span:
        assert span is None
