"""Operators of conditions: `defaultOperators` of liquidjs, and their precedence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from destination_kit._javascript import trim, type_name
from destination_kit._json import MISSING
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.values import (
    LiquidValue,
    SpecialLiteral,
    is_truthy,
    to_number,
    to_plain,
    to_primitive,
    to_string,
)

#: (left, right, limiter) -> result. A unary operator ignores its left operand.
Operator: TypeAlias = Callable[[LiquidValue, LiquidValue, WorkLimiter], bool]


def equals(left: LiquidValue, right: LiquidValue, limiter: WorkLimiter) -> bool:
    """Return whether `left == right`: `equals` of liquidjs, without conversions.

    Arrays are equal if their elements are. Objects are equal only to themselves.
    """
    # A template of 1,000 characters can push an array into itself 50 times. Without a budget, a
    # comparison of two such arrays would take 2^50 calls.
    limiter.spend()
    if isinstance(left, SpecialLiteral):
        return _equals_special(left, right, limiter)
    if isinstance(right, SpecialLiteral):
        return _equals_special(right, left, limiter)
    if isinstance(left, list | tuple):
        if not isinstance(right, list | tuple) or len(left) != len(right):
            return False
        return all(equals(a, b, limiter) for a, b in zip(left, right, strict=True))
    if type_name(left) != type_name(right):
        return False
    return left is right if isinstance(left, Mapping) else bool(left == right)


def _equals_special(literal: SpecialLiteral, value: LiquidValue, limiter: WorkLimiter) -> bool:
    if literal is SpecialLiteral.NIL:
        return to_plain(value) is None or value is MISSING
    if literal is SpecialLiteral.BLANK and _is_blank(value, limiter):
        return True
    return isinstance(value, str | list | tuple | Mapping) and not value


def _is_blank(value: LiquidValue, limiter: WorkLimiter) -> bool:
    if value is False or to_plain(value) is None or value is MISSING:
        return True
    if not isinstance(value, str):
        return False
    limiter.spend(len(value))
    return not trim(value)


def is_less_than(
    left: LiquidValue, right: LiquidValue, limiter: WorkLimiter, *, or_equal: bool = False
) -> bool:
    """Return JavaScript's `left < right` (or `<=`): two texts by code units, else numbers.

    A comparison with a special literal is false, as in liquidjs's drops.
    """
    if isinstance(left, SpecialLiteral) or isinstance(right, SpecialLiteral):
        return False
    left, right = to_primitive(left, limiter), to_primitive(right, limiter)
    if not (isinstance(left, str) and isinstance(right, str)):
        left, right = _to_exact_number(left, limiter), _to_exact_number(right, limiter)
    return bool(left <= right) if or_equal else bool(left < right)


def _to_exact_number(value: LiquidValue, limiter: WorkLimiter) -> float:
    """Return a number without loss: an integer beyond 2^53 keeps its digits (D1)."""
    is_exact = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_exact else to_number(value, limiter)


def contains(left: LiquidValue, right: LiquidValue, limiter: WorkLimiter) -> bool:
    """Return whether an array has an element equal to `right`, or a text has it as a part."""
    left = to_plain(left)
    if isinstance(left, list | tuple):
        return any(equals(member, right, limiter) for member in left)
    return isinstance(left, str) and to_string(to_plain(right), limiter) in left


NOT: Final = "not"
#: The operator with the higher number binds first. Of two equal ones, the right one binds first:
#: `a and b or c` is `a and (b or c)` (`operatorPrecedences` and `toPostfix` of liquidjs).
PRECEDENCE: Final[Mapping[str, int]] = {
    **dict.fromkeys(("==", "!=", ">", "<", ">=", "<=", "contains"), 2),
    NOT: 1,
    **dict.fromkeys(("and", "or"), 0),
}

OPERATORS: Final[Mapping[str, Operator]] = {
    "==": equals,
    "!=": lambda left, right, limiter: not equals(left, right, limiter),
    "<": is_less_than,
    ">": lambda left, right, limiter: is_less_than(right, left, limiter),
    "<=": lambda left, right, limiter: is_less_than(left, right, limiter, or_equal=True),
    ">=": lambda left, right, limiter: is_less_than(right, left, limiter, or_equal=True),
    "contains": contains,
    NOT: lambda _left, right, _limiter: not is_truthy(right),
    "and": lambda left, right, _limiter: is_truthy(left) and is_truthy(right),
    "or": lambda left, right, _limiter: is_truthy(left) or is_truthy(right),
}
