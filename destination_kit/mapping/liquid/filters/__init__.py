"""Filters of liquidjs by name. One that the reference disables fails the events that reach it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

from destination_kit.errors import ResolutionError
from destination_kit.mapping.liquid.context import Filter
from destination_kit.mapping.liquid.filters import (
    arrays,
    dates,
    default,
    encodings,
    html,
    json,
    numbers,
    texts,
    urls,
)
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.values import LiquidValue

#: `disabledFilters` of the reference.
DISABLED_FILTERS: Final = (
    "array_to_sentence_string",
    "concat",
    "find",
    "find_exp",
    "find_index",
    "find_index_exp",
    "group_by",
    "group_by_exp",
    "has",
    "has_exp",
    "map",
    "newline_to_br",
    "reject",
    "reject_exp",
    "reverse",
    "sort",
    "sort_natural",
    "type",
    "uniq",
    "where_exp",
)


def _create_disabled_filter(name: str) -> Filter:
    def fail(_limiter: WorkLimiter, _value: LiquidValue, *_arguments: LiquidValue) -> NoReturn:
        raise ResolutionError(f"the Liquid filter {name!r} is disabled: remove it")

    return fail


FILTERS: Final[Mapping[str, Filter]] = {
    **numbers.FILTERS,
    **texts.FILTERS,
    **html.FILTERS,
    **arrays.FILTERS,
    **urls.FILTERS,
    **encodings.FILTERS,
    **json.FILTERS,
    **default.FILTERS,
    **dates.FILTERS,
    **{name: _create_disabled_filter(name) for name in DISABLED_FILTERS},
}
