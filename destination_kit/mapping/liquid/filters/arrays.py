"""Filters that work on arrays; anything else is an array of one item, nothing an empty one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from secrets import SystemRandom
from typing import Final

from destination_kit._javascript import to_surrogate_pairs
from destination_kit._json import MISSING
from destination_kit.mapping.liquid.context import Expression, Facts, Filter, Rendering
from destination_kit.mapping.liquid.expression_parser import Reader
from destination_kit.mapping.liquid.lexer import LiquidSyntaxError
from destination_kit.mapping.liquid.limits import LONGEST_TEMPLATE, Bounds
from destination_kit.mapping.liquid.operators import equals, less
from destination_kit.mapping.liquid.utf16 import characters
from destination_kit.mapping.liquid.values import (
    Draft,
    added,
    element,
    is_true,
    item,
    join,
    length_of,
    number,
    plain,
    text,
    truthy,
    whole,
)
from destination_kit.mapping.resolvers import ResolutionError

_CHANCE: Final = 1000  # units of work that it costs to draw an item


def array_of(value: Draft, bounds: Bounds) -> list[Draft]:
    """Return an array's items, nothing as no items, and anything else as the only one.

    They are announced before they are copied.
    """
    value = plain(value)
    bounds.array(len(value) if isinstance(value, list | tuple) else 1)
    if value is None or value is MISSING:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _join(bounds: Bounds, value: Draft, separator: Draft = MISSING, *_more: Draft) -> str:
    between = plain(separator)
    between = " " if between is None or between is MISSING else text(between, bounds)
    return join([element(each, bounds) for each in array_of(value, bounds)], between, bounds)


def _at(index: int) -> Filter:
    """Return the filter that takes an item of what has a length."""

    def take(bounds: Bounds, value: Draft, *_arguments: Draft) -> Draft:
        value = plain(value)
        length = length_of(value)
        has_items = is_true(value) and isinstance(length, int | float) and length is not True
        return item(value, index, bounds) if has_items else ""

    return take


def _size(_bounds: Bounds, value: Draft, *_arguments: Draft) -> Draft:
    length = length_of(value)
    return length if is_true(length) else 0


def _changing(change: Callable[[list[Draft], Draft], list[Draft]]) -> Filter:
    """Return the filter that makes an array of another one, hardly longer than that."""

    def apply(bounds: Bounds, value: Draft, argument: Draft = MISSING, *_more: Draft) -> Draft:
        items = array_of(value, bounds)
        bounds.array(len(items) + 1)
        return change(items, argument)

    return apply


def _is_something(value: Draft) -> bool:
    return plain(value) is not None and value is not MISSING


def _slice(
    bounds: Bounds, value: Draft, start: Draft = MISSING, count: Draft = MISSING, *_more: Draft
) -> Draft:
    value = plain(value)
    if value is None or value is MISSING:
        return []
    whole_value = value if isinstance(value, list | tuple) else text(value, bounds)
    begin, length = plain(start), 1 if count is MISSING else plain(count)
    if less(begin, 0, bounds):
        begin = added(len(whole_value), begin, bounds)
    if less(begin, 0, bounds) or less(length, 0, bounds):
        return whole_value[:0]
    bounds.claim(number(length, bounds))
    first = whole(number(begin, bounds))
    return whole_value[first : whole(number(added(begin, length, bounds), bounds))]


def _where(
    bounds: Bounds, value: Draft, name: Draft = MISSING, wanted: Draft = MISSING, *_more: Draft
) -> list[Draft]:
    items = array_of(value, bounds)
    path = text(name, bounds)
    if len(path) > LONGEST_TEMPLATE:
        raise ResolutionError(f"a Liquid path has more than {LONGEST_TEMPLATE:,} characters")
    find = _property(path)
    found = []
    for each in items:
        bounds.spend(len(path))
        found.append(find(Rendering(each, bounds)) if find else MISSING)
    if wanted is MISSING:
        return [each for each, of in zip(items, found, strict=True) if truthy(of)]
    return [each for each, of in zip(items, found, strict=True) if equals(of, wanted, bounds)]


@lru_cache(maxsize=256)
def _property(path: str) -> Expression | None:
    """Return what reads a path that only the event may tell; None for a path without steps."""
    try:
        return Reader(path, 0, len(path), {}, Facts()).variable()
    except LiquidSyntaxError as fault:
        raise ResolutionError(f"the Liquid path {path!r}: {fault.message}") from None
    except RecursionError:
        raise ResolutionError("a Liquid path is nested too deeply") from None


def _sample(bounds: Bounds, value: Draft, count: Draft = MISSING, *_more: Draft) -> Draft:
    value = plain(value)
    if value is None or value is MISSING:
        return []
    if not isinstance(value, list | tuple):
        value = characters(text(value, bounds))
    bounds.array(len(value))
    is_one = count is MISSING or (count == 1 and count is not True)
    most = 1 if is_one else whole(number(count, bounds))
    wanted = len(range(len(value))[:most])  # as of a slice: below 0, all but so many
    bounds.spend(_CHANCE * wanted)
    drawn = [value[at] for at in SystemRandom().sample(range(len(value)), wanted)]
    drawn = [to_surrogate_pairs(each) for each in drawn] if isinstance(value, str) else drawn
    if is_one:
        return drawn[0] if drawn else MISSING
    return drawn


FILTERS: Final[Mapping[str, Filter]] = {
    "join": _join,
    "first": _at(0),
    "last": _at(-1),
    "size": _size,
    "compact": _changing(lambda items, _: list(filter(_is_something, items))),
    "push": _changing(lambda items, more: [*items, more]),
    "unshift": _changing(lambda items, more: [more, *items]),
    "pop": _changing(lambda items, _: items[:-1]),
    "shift": _changing(lambda items, _: items[1:]),
    "slice": _slice,
    "where": _where,
    "sample": _sample,
}
