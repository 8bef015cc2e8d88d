"""Formats of the log on standard error: sentences, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final, Literal, TypeAlias

LogFormat: TypeAlias = Literal["text", "json"]

_TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_LOGGERS: Final = ("destination_host", "destination_kit", "uvicorn.error", "opentelemetry")
_DELIVERIES: Final = "destination_host.deliveries"
#: Every character that moves the cursor or begins a line, but for the tabulator.
_CONTROLS: Final = {
    code: f"\\x{code:02x}" for code in (*range(9), *range(10, 32), *range(127, 160))
}


class TextFormatter(logging.Formatter):
    """One line a record, without the text of exceptions and without control characters."""

    def __init__(self) -> None:
        super().__init__(_TEXT)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fault = _describe_fault(record)
        message = f"{record.getMessage()}: {fault}" if fault else record.getMessage()
        plain = logging.makeLogRecord(
            {**record.__dict__, "msg": message.translate(_CONTROLS), "args": None, "exc_info": None}
        )
        plain.exc_text = None
        return super().format(plain)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: the time, the level, the logger, the message and its details."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. Characters beyond ASCII are escaped, so it is one line everywhere."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "details", {}),
        }
        if fault := _describe_fault(record):
            line["fault"] = fault
        return json.dumps(line, default=str)


def configure_logging(log_format: LogFormat) -> None:
    """Write the logs of the host, the kit and the server to standard error.

    Final deliveries have a line in JSON only; as sentences they would hide all else.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    for name in _LOGGERS:
        named = logging.getLogger(name)
        named.addHandler(handler)
        named.propagate = False
    logging.getLogger("destination_host").setLevel(logging.INFO)
    level = logging.INFO if log_format == "json" else logging.CRITICAL
    logging.getLogger(_DELIVERIES).setLevel(level)


def _describe_fault(record: logging.LogRecord) -> str:
    """Return the types and places of an exception. Its text may quote a secret."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    frames = [
        f"{Path(frame.filename).name}, line {frame.lineno}"
        for frame in extract_tb(error.__traceback__)
    ]
    return f"{type(error).__name__} ({' > '.join(frames)})"
