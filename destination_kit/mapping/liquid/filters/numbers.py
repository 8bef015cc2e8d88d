"""Filters of numbers: liquidjs's `mathFilters`, which calculate with doubles as JavaScript does.

A division by zero is infinite, and `round` rounds halves up, where Python raises and rounds to even.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Final

from destination_kit.mapping.liquid.context import Filter, take_arguments
from destination_kit.mapping.liquid.filters.arrays import to_array
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.values import (
    LiquidValue,
    read_path,
    to_boolean,
    to_number,
    to_number_or_zero,
    to_text,
)


def _create_number_filter(calculate: Callable[..., float], *, takes_operand: bool = True) -> Filter:
    """Return the filter of a function of numbers. A missing operand gives NaN.

    liquidjs leaves it `undefined`, and every calculation with that is NaN.
    """

    def apply(limiter: WorkLimiter, value: LiquidValue, *arguments: LiquidValue) -> float:
        operands = [to_number_or_zero(operand, limiter) for operand in (value, *arguments)]
        return calculate(*operands) if arguments or not takes_operand else math.nan

    return apply


def _divide_by(dividend: float, divisor: float, is_integral: float = 0, *_surplus: float) -> float:
    quotient = divide(dividend, divisor)
    return floor(quotient) if is_integral else quotient


def divide(dividend: float, divisor: float) -> float:
    """Return the quotient of two doubles (IEEE 754): infinite or NaN if the divisor is 0."""
    if divisor:
        return dividend / divisor
    if not dividend or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1, divisor)


def _modulo(value: float, divisor: float, *_surplus: float) -> float:
    """Return `((value % divisor) + divisor) % divisor`, which has the sign of the divisor."""
    return _remainder(_remainder(value, divisor) + divisor, divisor)


def _remainder(value: float, divisor: float) -> float:
    """Return JavaScript's `value % divisor`, NaN where `math.fmod` raises."""
    if math.isinf(value) or not divisor or math.isnan(value + divisor):
        return math.nan
    return math.fmod(value, divisor)


def floor(value: float) -> float:
    """Return `Math.floor(value)`: infinity and NaN stay, where `math.floor` raises."""
    return float(math.floor(value)) if math.isfinite(value) else value


def _round(value: float, digits: float = 0, *_surplus: float) -> float:
    """Round to a number of digits (liquidjs's `round`).

    The epsilon lifts products such as 1.005 * 100 = 100.49999999999999 over the half. JavaScript's
    `Math.round` rounds halves up: 2.5 to 3. The epsilon also takes -2.5 below the half, to -3.
    """
    try:
        scale = math.pow(10, digits)
    except OverflowError:
        scale = math.inf
    scaled = value * scale * (1 + sys.float_info.epsilon)
    below = floor(scaled)
    nearest = below + 1 if scaled - below >= 0.5 else below  # noqa: PLR2004 - `Math.round` rounds halves up, round() to even
    return divide(nearest, scale)


def _sum(limiter: WorkLimiter, value: LiquidValue, property_path: LiquidValue) -> float:
    """Return the sum of an array's elements, or of a property of each. NaN counts as 0."""
    path = to_text(property_path, limiter) if to_boolean(property_path) else ""
    limiter.reserve_array(path.count("."))
    keys = path.split(".") if to_boolean(property_path) else []
    total = 0.0
    for record in to_array(value, limiter):
        limiter.spend(len(keys))
        number = to_number(read_path(record, keys, limiter), limiter)
        total += 0.0 if math.isnan(number) else number
    return total


FILTERS: Final[Mapping[str, Filter]] = {
    "abs": _create_number_filter(lambda value, *_: abs(value), takes_operand=False),
    "at_least": _create_number_filter(lambda *values: max(values), takes_operand=False),
    "at_most": _create_number_filter(lambda *values: min(values), takes_operand=False),
    "ceil": _create_number_filter(lambda value, *_: -floor(-value), takes_operand=False),
    "floor": _create_number_filter(lambda value, *_: floor(value), takes_operand=False),
    "divided_by": _create_number_filter(_divide_by),
    "minus": _create_number_filter(lambda value, subtrahend, *_: value - subtrahend),
    "plus": _create_number_filter(lambda value, addend, *_: value + addend),
    "times": _create_number_filter(lambda value, factor, *_: value * factor),
    "modulo": _create_number_filter(_modulo),
    "round": _create_number_filter(_round, takes_operand=False),
    "sum": take_arguments(1, _sum),
    "to_integer": lambda limiter, value, *_: to_number(value, limiter),
}
