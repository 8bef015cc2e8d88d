"""Types of command-line arguments: counts, durations and rate limits.

Each function is the `type` of an `argparse` argument and raises `ArgumentTypeError`, whose message
`argparse` shows behind the name of the option.
"""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Mapping
from typing import Final

# A larger number would have no effect: an open instance admits 10,000 events at once (`_WINDOW` in
# runtime/instance.py).
_MAX_IN_FLIGHT: Final = 10_000
_MAX_PORT: Final = 65_535
_SECONDS_PER_UNIT: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3600}


def parse_in_flight(text: str) -> int:
    """Return a number of events in flight, from 1 to 10,000."""
    if _is_digits(text) and 0 < int(text) <= _MAX_IN_FLIGHT:
        return int(text)
    raise ArgumentTypeError(f"should be a number from 1 to {_MAX_IN_FLIGHT}")


def parse_count(text: str) -> int:
    """Return a number above 0."""
    if _is_digits(text) and int(text) > 0:
        return int(text)
    raise ArgumentTypeError("should be a number above 0")


def parse_duration(text: str) -> float:
    """Return the seconds of a duration such as `90s`, `30m` or `4h`; a bare number is seconds."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _SECONDS_PER_UNIT else (text, "s")
    if _is_digits(number):
        return float(number) * _SECONDS_PER_UNIT[unit]
    raise ArgumentTypeError("should be a time such as 90s, 30m or 4h")


def parse_rate_limit(text: str) -> tuple[str, int]:
    """Return the name of a rate limit and its calls a minute, from `NAME=CALLS`."""
    name, _, calls = text.partition("=")
    if name and _is_digits(calls) and int(calls) > 0:
        return name, int(calls)
    raise ArgumentTypeError("should be NAME=CALLS, such as search=1000")


def parse_seconds(text: str) -> float:
    """Return a number of seconds above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if seconds > 0 and math.isfinite(seconds):
        return seconds
    raise ArgumentTypeError("should be a number of seconds above 0")


def parse_port(text: str) -> int:
    """Return a TCP port; 0 lets the system choose a free one."""
    if _is_digits(text) and int(text) <= _MAX_PORT:
        return int(text)
    raise ArgumentTypeError(f"should be a number from 0 to {_MAX_PORT}")


def _is_digits(text: str) -> bool:
    # `isdigit` alone accepts superscripts such as "²", for which `int` raises.
    return text.isascii() and text.isdigit()
