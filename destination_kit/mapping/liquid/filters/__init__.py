"""Every filter that liquidjs has, by name; those that the reference disables fail where they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

from destination_kit.mapping.liquid.context import Filter
from destination_kit.mapping.liquid.filters import arrays, dates, encodings, html, numbers, texts
from destination_kit.mapping.liquid.limits import Bounds
from destination_kit.mapping.liquid.values import Draft
from destination_kit.mapping.resolvers import ResolutionError

DISABLED: Final = (
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


def _disabled(name: str) -> Filter:
    def fail(_bounds: Bounds, _value: Draft, *_arguments: Draft) -> NoReturn:
        raise ResolutionError(f"the Liquid filter {name!r} is disabled")

    return fail


FILTERS: Final[Mapping[str, Filter]] = {
    **numbers.FILTERS,
    **texts.FILTERS,
    **html.FILTERS,
    **arrays.FILTERS,
    **encodings.FILTERS,
    **dates.FILTERS,
    **{name: _disabled(name) for name in DISABLED},
}
