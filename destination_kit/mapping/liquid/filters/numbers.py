"""Filters that calculate, with doubles as JavaScript does: a division by zero is infinite."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Final

from destination_kit._json import MISSING
from destination_kit.mapping.liquid.context import Filter
from destination_kit.mapping.liquid.filters.arrays import array_of
from destination_kit.mapping.liquid.limits import Bounds
from destination_kit.mapping.liquid.values import (
    Draft,
    amount,
    is_true,
    number,
    text,
    walk,
)


def _calculated(run: Callable[..., float], least: int) -> Filter:
    """Return the filter that calculates with its input and arguments, NaN where some are missing."""

    def calculate(bounds: Bounds, value: Draft, *arguments: Draft) -> float:
        given = [amount(each, bounds) for each in (value, *arguments)]
        return run(*given) if len(given) >= least else math.nan

    return calculate


def _divided(dividend: float, divisor: float, integral: float = 0, *_more: float) -> float:
    quotient = divide(dividend, divisor)
    return floor(quotient) if integral else quotient


def divide(dividend: float, divisor: float) -> float:
    """Return the quotient of two doubles, infinite or NaN where the divisor is 0."""
    if divisor:
        return dividend / divisor
    if not dividend or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1, divisor)


def _modulo(value: float, divisor: float, *_more: float) -> float:
    return _remainder(_remainder(value, divisor) + divisor, divisor)


def _remainder(value: float, divisor: float) -> float:
    if math.isinf(value) or not divisor or math.isnan(value + divisor):
        return math.nan
    return math.fmod(value, divisor)


def floor(value: float) -> float:
    """Return the largest whole number that is not larger."""
    return float(math.floor(value)) if math.isfinite(value) else value


def _rounded(value: float, digits: float = 0, *_more: float) -> float:
    try:
        scale = math.pow(10, digits)
    except OverflowError:
        scale = math.inf
    scaled = value * scale * (1 + sys.float_info.epsilon)
    below = floor(scaled)
    nearest = below + 1 if scaled - below >= 0.5 else below  # noqa: PLR2004 - what rounding is about
    return divide(nearest, scale)


def _sum(bounds: Bounds, value: Draft, name: Draft = MISSING, *_more: Draft) -> float:
    path = text(name, bounds) if is_true(name) else ""
    bounds.array(path.count("."))
    steps = path.split(".") if is_true(name) else []
    total = 0.0
    for each in array_of(value, bounds):
        bounds.spend(len(steps))
        found = number(walk(each, steps, bounds), bounds)
        total += 0.0 if math.isnan(found) else found
    return total


FILTERS: Final[Mapping[str, Filter]] = {
    "abs": _calculated(lambda value, *_: abs(value), 1),
    "at_least": _calculated(lambda *values: max(values), 1),
    "at_most": _calculated(lambda *values: min(values), 1),
    "ceil": _calculated(lambda value, *_: -floor(-value), 1),
    "floor": _calculated(lambda value, *_: floor(value), 1),
    "divided_by": _calculated(_divided, 2),
    "minus": _calculated(lambda value, less, *_: value - less, 2),
    "plus": _calculated(lambda value, more, *_: value + more, 2),
    "times": _calculated(lambda value, by, *_: value * by, 2),
    "modulo": _calculated(_modulo, 2),
    "round": _calculated(_rounded, 1),
    "sum": _sum,
    "to_integer": lambda bounds, value, *_: number(value, bounds),
}
