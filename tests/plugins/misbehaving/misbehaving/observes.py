"""Harms whoever shows it a result."""

from destination_kit import hookimpl


@hookimpl
def on_result(record):
    """Change what was seen, and raise."""
    if record.result.action == "answer":
        record.result.result.response["seen"] = True
    raise SystemExit
