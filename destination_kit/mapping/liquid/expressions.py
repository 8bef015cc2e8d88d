"""What expressions are compiled to: paths, ranges, operations, filters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, repeat, takewhile
from typing import Any

from destination_kit._json import MISSING
from destination_kit.mapping.liquid.bounds import Bounds
from destination_kit.mapping.liquid.operators import OPERATORS, UNARY
from destination_kit.mapping.liquid.rendering import Expression, Facts, Filter, Rendering
from destination_kit.mapping.liquid.values import Draft, in_units, number, plain, string, walk


def evaluated(postfix: list[Any]) -> Expression | None:
    """Return what stands first on the stack in the end; an empty stack gives `undefined`."""
    if not postfix:
        return None
    stack: list[Expression] = []
    for each in postfix:
        if not isinstance(each, str):
            stack.append(each)
            continue
        right = stack.pop() if stack else nothing
        left = nothing if each == UNARY or not stack else stack.pop()
        stack.append(_operated(OPERATORS[each], left, right))
    return stack[0]


def _operated(run: Callable[[Draft, Draft, Bounds], bool], left: Any, right: Any) -> Expression:
    return lambda rendering: run(left(rendering), right(rendering), rendering.bounds)


def nothing(_rendering: Rendering) -> Draft:
    """Return `undefined`: what a missing operand is."""
    return MISSING


def constant(value: Draft) -> Expression:
    """Return what always gives this value."""
    return lambda _rendering: value


def applied(run: Filter | None, value: Expression, arguments: tuple[Expression, ...]) -> Expression:
    """Return a value after a filter; one that nobody knows leaves it as it is."""
    if run is None:
        return value

    def apply(rendering: Rendering) -> Draft:
        given = value(rendering)
        rendering.bounds.spend()
        return run(rendering.bounds, given, *[each(rendering) for each in arguments])

    return apply


def variable(steps: list[Expression | str], facts: Facts) -> Expression:
    """Return what follows the steps from a variable; its path, as far as it is known, is a fact."""
    known = list(takewhile(lambda each: isinstance(each, str), steps))
    if known:
        facts.paths[".".join(map(str, known))] = None
    first, *rest = steps
    find = _root(first)
    return steps_from(find, rest)


def _root(name: Expression | str) -> Expression:
    if isinstance(name, str):
        return lambda rendering: rendering.find(name)
    return lambda rendering: rendering.find(string(plain(name(rendering)), rendering.bounds))


def steps_from(find: Expression, steps: list[Expression | str]) -> Expression:
    """Return what follows the steps from a value; some may be computed."""
    if all(isinstance(each, str) for each in steps):
        return lambda rendering: _seen(find(rendering), steps, rendering.bounds)

    def follow(rendering: Rendering) -> Draft:
        keys = [each if isinstance(each, str) else each(rendering) for each in steps]
        return _seen(find(rendering), keys, rendering.bounds)

    return follow


def _seen(value: Draft, keys: Sequence[Draft], bounds: Bounds) -> Draft:
    return in_units(walk(value, keys, bounds), bounds)


def range_of(low: Expression, high: Expression) -> Expression:
    """Return what counts from one number to another, in ones."""

    def count(rendering: Rendering) -> Draft:
        bounds = rendering.bounds
        first, last = number(low(rendering), bounds), number(high(rendering), bounds)
        if math.isnan(first) or math.isnan(last) or first > last:
            return []
        bounds.array(last - first + 1)
        return list(takewhile(lambda each: each < last + 1, accumulate(repeat(1.0), initial=first)))

    return count
