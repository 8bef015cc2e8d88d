"""Dates and times in the formats of the API; all times are seconds since 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

DATE_FORMAT: Final = "%Y-%m-%d"
DATE_TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
ISO_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"


def to_milliseconds(seconds: float | None) -> int | None:
    """Return a time in milliseconds, as GET and the listings show it."""
    return None if seconds is None else int(seconds * 1000)


def format_iso(seconds: float) -> str:
    """Return a time in ISO 8601, as search shows it."""
    return format_time(seconds, ISO_FORMAT)


def format_time(seconds: float, time_format: str) -> str:
    """Return a time in a format of `strftime`."""
    return datetime.fromtimestamp(seconds, UTC).strftime(time_format)


def is_valid_time(text: str, time_format: str) -> bool:
    """Return whether `text` is an existing date or time in exactly this format."""
    try:
        time = datetime.strptime(text, time_format).replace(tzinfo=UTC)
    except ValueError:
        return False
    # `strptime` also accepts `2024-1-2`, but dates of a filter must match `yyyy-MM-dd`
    # (https://api.qualtrics.com/c79e78a949572-search-directory-contacts). As text, `2024-1-2` would
    # come after `2024-02-01`.
    return time.strftime(time_format) == text
