"""Compiled expressions: constants, paths, ranges, operators and filter calls.

The functions here return closures, so that an event costs no lookup by name and no parsing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, repeat, takewhile
from typing import Any, Final

from destination_kit._json import MISSING
from destination_kit.errors import ResolutionError
from destination_kit.mapping.liquid.analysis import TemplateAnalysis
from destination_kit.mapping.liquid.context import Expression, Filter, RenderContext
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.operators import NOT, OPERATORS
from destination_kit.mapping.liquid.utf16 import value_to_surrogate_pairs
from destination_kit.mapping.liquid.values import (
    LiquidValue,
    read_path,
    to_number,
    to_plain,
    to_string,
)

_MAX_EXACT_INTEGER: Final = 2**53


def compile_postfix(postfix: list[Any]) -> Expression | None:
    """Compile operands (expressions) and operators (names) in postfix order; None if there are none.

    Surplus operands stay below the result on the stack. liquidjs returns the bottom of its stack,
    so `{{ a b }}` writes `a`.
    """
    tokens = [
        (token, OPERATORS.get(token) if isinstance(token, str) else None) for token in postfix
    ]
    if not any(operator for _, operator in tokens):
        return postfix[0] if postfix else None

    def evaluate(context: RenderContext) -> LiquidValue:
        stack: list[LiquidValue] = []
        for token, operator in tokens:
            if operator is None:
                stack.append(token(context))
                continue
            # `operands.pop()` in liquidjs gives `undefined` for an empty stack. So `{{ == 1 }}`
            # compares `undefined` with 1 instead of failing.
            right = stack.pop() if stack else MISSING
            left = MISSING if token == NOT or not stack else stack.pop()
            stack.append(operator(left, right, context.limiter))
        return stack[0]

    return evaluate


def undefined(_context: RenderContext) -> LiquidValue:
    """Return `MISSING`, the value of an operand that the template leaves out."""
    return MISSING


def compile_constant(value: LiquidValue) -> Expression:
    """Return the expression of a literal."""
    return lambda _context: value


def compile_filter_call(
    apply_filter: Filter | None, value: Expression, arguments: tuple[Expression, ...]
) -> Expression:
    """Return the expression of a filter applied to a value. An unknown filter (None) is ignored.

    liquidjs ignores it too, because the reference does not set `strictFilters`.
    """
    if apply_filter is None:
        return value

    def evaluate(context: RenderContext) -> LiquidValue:
        filtered = value(context)
        context.limiter.spend()
        return apply_filter(
            context.limiter, filtered, *[argument(context) for argument in arguments]
        )

    return evaluate


def compile_variable(keys: list[Expression | str], analysis: TemplateAnalysis) -> Expression:
    """Return the expression of a path that starts at a variable.

    The analysis records the path up to its first computed key.
    """
    constant_keys = takewhile(lambda key: isinstance(key, str), keys)
    analysis.record_path(tuple(map(str, constant_keys)))
    name, *path = keys
    return compile_path(_compile_name(name), path)


def _compile_name(name: Expression | str) -> Expression:
    if isinstance(name, str):
        return lambda context: context.get_variable(name)
    return lambda context: context.get_variable(to_string(to_plain(name(context)), context.limiter))


def compile_path(start: Expression, keys: list[Expression | str]) -> Expression:
    """Return the expression of a path that starts at any value. A key may be computed."""
    if all(isinstance(key, str) for key in keys):
        return lambda context: _read(start(context), keys, context.limiter)

    def evaluate(context: RenderContext) -> LiquidValue:
        path = [key if isinstance(key, str) else key(context) for key in keys]
        return _read(start(context), path, context.limiter)

    return evaluate


def _read(value: LiquidValue, keys: Sequence[LiquidValue], limiter: WorkLimiter) -> LiquidValue:
    return value_to_surrogate_pairs(read_path(value, keys, limiter), limiter)


def compile_range(low: Expression, high: Expression) -> Expression:
    """Return the expression of a range `(low..high)`: an array that counts up in steps of 1."""

    def evaluate(context: RenderContext) -> LiquidValue:
        limiter = context.limiter
        first, last = to_number(low(context), limiter), to_number(high(context), limiter)
        if not first < last + 1:
            return []
        limiter.reserve_array(last + 1 - first)
        # From 2^53 on, a double plus 1 can be the same double. The loop would never end, and
        # neither does that of `range` in liquidjs.
        if first < -_MAX_EXACT_INTEGER or last > _MAX_EXACT_INTEGER:
            raise ResolutionError(
                f"a range in the Liquid template exceeds {_MAX_EXACT_INTEGER:,}: use smaller numbers"
            )
        numbers = accumulate(repeat(1.0), initial=first)
        return list(takewhile(lambda number: number < last + 1, numbers))

    return evaluate
