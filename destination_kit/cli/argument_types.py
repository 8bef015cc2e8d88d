"""What people write for numbers, times and limits on the command line."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Mapping
from typing import Final

_MOST_IN_FLIGHT: Final = 10_000
_UNITS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3600}


def in_flight(text: str) -> int:
    """Return how many events may be in flight."""
    if text.isascii() and text.isdigit() and 0 < int(text) <= _MOST_IN_FLIGHT:
        return int(text)
    raise ArgumentTypeError(f"should be a number from 1 to {_MOST_IN_FLIGHT}")


def time_span(text: str) -> float:
    """Return the seconds of a time such as `90s`, `30m` or `4h`."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    if number.isascii() and number.isdigit():
        return float(number) * _UNITS[unit]
    raise ArgumentTypeError("should be a time such as 90s, 30m or 4h")


def limit(text: str) -> tuple[str, int]:
    """Return the name of a limit and how many calls it has."""
    name, _, calls = text.partition("=")
    if name and calls.isascii() and calls.isdigit() and int(calls) > 0:
        return name, int(calls)
    raise ArgumentTypeError("should be NAME=CALLS, such as search=1000")


def seconds(text: str) -> float:
    """Return a number of seconds above 0."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if found > 0 and math.isfinite(found):
        return found
    raise ArgumentTypeError("should be a number of seconds above 0")
