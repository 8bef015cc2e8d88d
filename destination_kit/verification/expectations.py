"""Expectations: the answers to a check with which a destination works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from destination_kit._json import Json


@dataclass(frozen=True, slots=True)
class Expectation:
    """The answers to a check with which the destination works."""

    #: The answers in words.
    text: str
    #: Whether the destination works with an answer; None where it works with every one.
    accepts: Callable[[Json], bool] | None


def exactly(value: Json) -> Expectation:
    """Return the expectation of one value."""
    return Expectation(describe(value), lambda seen: seen == value)


def one_of(*values: Json) -> Expectation:
    """Return the expectation of one of several values."""
    return Expectation(" or ".join(map(describe, values)), lambda seen: seen in values)


def at_least(number: float) -> Expectation:
    """Return the expectation of a number that is not smaller."""
    return Expectation(f"at least {number:g}", lambda seen: _number(seen) >= number)


def at_most(number: float) -> Expectation:
    """Return the expectation of a number that is not larger."""
    return Expectation(f"at most {number:g}", lambda seen: _number(seen) <= number)


def anything() -> Expectation:
    """Return the expectation of a destination that does not rely on the answer."""
    return Expectation("any", None)


def describe(value: Json) -> str:
    """Return an answer in words: `yes`, `status 404, code none`, `a, b`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {describe(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(describe, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(value: Json) -> float:
    return value if isinstance(value, int | float) else float("nan")
