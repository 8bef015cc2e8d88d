"""Monitoring: metrics for Prometheus, logs, and OpenTelemetry."""

from destination_host.monitoring.monitor import Monitor as Monitor
