"""What expressions are compiled to: paths, ranges, operations, filters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, repeat, takewhile
from typing import Any, Final

from destination_kit._json import MISSING
from destination_kit.mapping.liquid.context import Expression, Facts, Filter, Rendering
from destination_kit.mapping.liquid.limits import Bounds
from destination_kit.mapping.liquid.operators import OPERATORS, UNARY
from destination_kit.mapping.liquid.utf16 import in_units
from destination_kit.mapping.liquid.values import Draft, number, plain, string, walk
from destination_kit.mapping.resolvers import ResolutionError

_MOST_EXACT: Final = 2**53


def evaluated(postfix: list[Any]) -> Expression | None:
    """Return what stands first on the stack in the end; None where nothing stands in it."""
    parts = [(each, OPERATORS.get(each) if isinstance(each, str) else None) for each in postfix]
    if not any(operate for _, operate in parts):
        return postfix[0] if postfix else None

    def evaluate(rendering: Rendering) -> Draft:
        stack: list[Draft] = []
        for each, operate in parts:
            if operate is None:
                stack.append(each(rendering))
                continue
            right = stack.pop() if stack else MISSING
            left = MISSING if each == UNARY or not stack else stack.pop()
            stack.append(operate(left, right, rendering.bounds))
        return stack[0]

    return evaluate


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
    names = takewhile(lambda each: isinstance(each, str), steps)
    facts.read(tuple(map(str, names)))
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
        if not first < last + 1:
            return []
        bounds.array(last + 1 - first)
        if first < -_MOST_EXACT or last > _MOST_EXACT:
            raise ResolutionError(f"a range in Liquid goes beyond {_MOST_EXACT:,}")
        return list(takewhile(lambda each: each < last + 1, accumulate(repeat(1.0), initial=first)))

    return count
