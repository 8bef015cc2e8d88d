"""Filters of arrays. Any other value counts as an array of one element, null as an empty one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from secrets import SystemRandom
from typing import Final

from destination_kit._javascript import type_name
from destination_kit._json import MISSING
from destination_kit._surrogates import join_surrogate_pairs, to_surrogate_pairs
from destination_kit.errors import ResolutionError
from destination_kit.mapping.liquid.analysis import TemplateAnalysis
from destination_kit.mapping.liquid.context import Expression, Filter, RenderContext, take_arguments
from destination_kit.mapping.liquid.expression_parser import ExpressionParser
from destination_kit.mapping.liquid.lexer import LiquidSyntaxError
from destination_kit.mapping.liquid.limits import MAX_TEMPLATE_LENGTH, WorkLimiter
from destination_kit.mapping.liquid.operators import equals, is_less_than
from destination_kit.mapping.liquid.utf16 import quote_for_message
from destination_kit.mapping.liquid.values import (
    LiquidValue,
    add,
    element_to_string,
    get_element,
    get_length,
    is_truthy,
    join_texts,
    to_boolean,
    to_index,
    to_number,
    to_plain,
    to_text,
)

# A draw from the system's randomness takes 1 to 4 µs. A unit of work stands for 2.5 ns, which is
# MAX_SECONDS / MAX_WORK, so 1,000 units are 2.5 µs.
_WORK_A_DRAW: Final = 1000


def to_array(value: LiquidValue, limiter: WorkLimiter) -> list[LiquidValue]:
    """Return a new list of the elements of a value (liquidjs's `toArray`).

    Null and `undefined` have no element, a value that is no array has itself.
    """
    value = to_plain(value)
    limiter.reserve_array(len(value) if isinstance(value, list | tuple) else 1)
    if value is None or value is MISSING:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _join(limiter: WorkLimiter, value: LiquidValue, separator: LiquidValue) -> str:
    separator = to_plain(separator)
    is_absent = separator is None or separator is MISSING
    separator = " " if is_absent else to_text(separator, limiter)
    texts = [element_to_string(part, limiter) for part in to_array(value, limiter)]
    return join_texts(texts, separator, limiter)


def _create_element_filter(index: int) -> Filter:
    """Return `first` or `last`, which take an element of any value with a numeric `length`."""

    def take(limiter: WorkLimiter, value: LiquidValue, *_arguments: LiquidValue) -> LiquidValue:
        value = to_plain(value)
        length = get_length(value)
        # `isArrayLike` of liquidjs tests `length` alone, so an object of the event with a member
        # `length` counts too.
        is_array_like = to_boolean(value) and type_name(length) == "number"
        return get_element(value, index, limiter) if is_array_like else ""

    return take


def _size(_limiter: WorkLimiter, value: LiquidValue, *_arguments: LiquidValue) -> LiquidValue:
    length = get_length(value)
    return length if to_boolean(length) else 0


def _create_array_filter(
    change: Callable[[list[LiquidValue], LiquidValue], list[LiquidValue]],
) -> Filter:
    """Return the filter of a function that adds at most one element to an array."""

    def apply(limiter: WorkLimiter, value: LiquidValue, argument: LiquidValue) -> LiquidValue:
        elements = to_array(value, limiter)
        limiter.reserve_array(len(elements) + 1)
        return change(elements, argument)

    return take_arguments(1, apply)


def _is_not_null(value: LiquidValue) -> bool:
    return to_plain(value) is not None and value is not MISSING


def _slice(
    limiter: WorkLimiter, value: LiquidValue, start: LiquidValue, count: LiquidValue
) -> LiquidValue:
    """Return part of an array or text. The comparisons and sums convert as JavaScript does."""
    value = to_plain(value)
    if value is None or value is MISSING:
        return []
    sliced = value if isinstance(value, list | tuple) else to_text(value, limiter)
    begin, length = to_plain(start), 1 if count is MISSING else to_plain(count)
    if is_less_than(begin, 0, limiter):
        begin = add(len(sliced), begin, limiter)
    if is_less_than(begin, 0, limiter) or is_less_than(length, 0, limiter):
        return sliced[:0]
    limiter.check_requested_length(to_number(length, limiter))
    # `begin + length` in JavaScript appends digits if `begin` is a text. So `slice` of liquidjs
    # goes from '1' with length 2 up to 12 instead of 3.
    end = to_index(to_number(add(begin, length, limiter), limiter))
    return sliced[to_index(to_number(begin, limiter)) : end]


def _where(
    limiter: WorkLimiter, value: LiquidValue, property_path: LiquidValue, expected: LiquidValue
) -> list[LiquidValue]:
    """Return the elements whose property equals a value, or holds if no value is given."""
    records = to_array(value, limiter)
    path = to_text(property_path, limiter)
    if len(path) > MAX_TEMPLATE_LENGTH:
        raise ResolutionError(
            f"the path of the Liquid filter 'where' exceeds {MAX_TEMPLATE_LENGTH:,} characters: "
            "shorten it"
        )
    read = _compile_property_path(path)
    properties = []
    for record in records:
        limiter.spend(len(path))
        properties.append(read(RenderContext(record, limiter)) if read else MISSING)
    pairs = zip(records, properties, strict=True)
    if expected is MISSING:
        return [record for record, member in pairs if is_truthy(member)]
    return [record for record, member in pairs if equals(member, expected, limiter)]


# A literal path is parsed once, not for each event. An event may compute the path too, so without a
# bound the cache would grow with every new one.
@lru_cache(maxsize=256)
def _compile_property_path(path: str) -> Expression | None:
    """Return the expression of a path, None for text that is no path."""
    try:
        return ExpressionParser(path, 0, len(path), {}, TemplateAnalysis()).parse_variable()
    except LiquidSyntaxError as error:
        raise ResolutionError(
            f"the path {quote_for_message(path)} of the Liquid filter 'where': {error.message}"
        ) from None
    except RecursionError:
        raise ResolutionError(
            "the path of the Liquid filter 'where' is nested too deep: nest fewer brackets"
        ) from None


def _sample(limiter: WorkLimiter, value: LiquidValue, count: LiquidValue) -> LiquidValue:
    """Return random elements or characters: one by itself, several in an array."""
    value = to_plain(value)
    if value is None or value is MISSING:
        return []
    if not isinstance(value, list | tuple):
        # `sample` of liquidjs spreads a text (`[...v]`) into whole characters. From code units it
        # could draw half an emoji.
        value = join_surrogate_pairs(to_text(value, limiter))
    limiter.reserve_array(len(value))
    is_single = count is MISSING or (count == 1 and count is not True)
    limit = 1 if is_single else to_index(to_number(count, limiter))
    draws = len(range(len(value))[:limit])
    limiter.spend(_WORK_A_DRAW * draws)
    drawn = [value[index] for index in SystemRandom().sample(range(len(value)), draws)]
    drawn = [to_surrogate_pairs(char) for char in drawn] if isinstance(value, str) else drawn
    if is_single:
        return drawn[0] if drawn else MISSING
    return drawn


FILTERS: Final[Mapping[str, Filter]] = {
    "join": take_arguments(1, _join),
    "first": _create_element_filter(0),
    "last": _create_element_filter(-1),
    "size": _size,
    "compact": _create_array_filter(lambda elements, _: list(filter(_is_not_null, elements))),
    "push": _create_array_filter(lambda elements, added: [*elements, added]),
    "unshift": _create_array_filter(lambda elements, added: [added, *elements]),
    "pop": _create_array_filter(lambda elements, _: elements[:-1]),
    "shift": _create_array_filter(lambda elements, _: elements[1:]),
    "slice": take_arguments(2, _slice),
    "where": take_arguments(2, _where),
    "sample": take_arguments(1, _sample),
}
