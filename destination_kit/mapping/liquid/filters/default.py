"""The filter `default`: another value for an empty or missing one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from destination_kit._json import MISSING
from destination_kit.errors import ResolutionError
from destination_kit.mapping.liquid.context import Filter
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.values import (
    LiquidValue,
    SpecialLiteral,
    is_truthy,
    to_boolean,
    to_plain,
)


def _default(
    _limiter: WorkLimiter,
    value: LiquidValue,
    fallback: LiquidValue = MISSING,
    *options: LiquidValue,
) -> LiquidValue:
    """Return the value, or the fallback for "", [], false, null and `undefined`; 0 and {} stay."""
    value = to_plain(value)
    if isinstance(value, str | list | tuple):
        return value or fallback
    if value is False and to_boolean(_read_options(options).get("allow_false", MISSING)):
        return False
    return value if is_truthy(value) else fallback


def _read_options(options: tuple[LiquidValue, ...]) -> dict[str, LiquidValue]:
    """Return options by their name.

    liquidjs calls `new Map(options)`, which throws for a scalar and accepts any object.
    """
    if not all(isinstance(option, list | tuple | Mapping | SpecialLiteral) for option in options):
        raise ResolutionError(
            "the Liquid filter 'default' takes its options by name, as in 'allow_false: true'"
        )
    pairs = [option for option in options if isinstance(option, list) and len(option) > 1]
    return {str(name): value for name, value, *_ in pairs}


FILTERS: Final[Mapping[str, Filter]] = {"default": _default}
