"""Filters that write a value as JSON, as `JSON.stringify(value, null, space)` does.

The JSON is put together here, and not by `stringify_json`, so that each part of it is limited.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from destination_kit._javascript import stringify_json
from destination_kit._json import MISSING
from destination_kit._surrogates import join_surrogate_pairs, to_surrogate_pairs
from destination_kit.mapping.liquid.context import Filter
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.values import (
    LiquidValue,
    SpecialLiteral,
    join_texts,
    to_index,
)

_MAX_INDENT = 10  # https://tc39.es/ecma262/#sec-json.stringify shortens `space` to ten characters


def _to_json(
    limiter: WorkLimiter, value: LiquidValue, space: LiquidValue = MISSING, *_surplus: LiquidValue
) -> LiquidValue:
    if value is MISSING:
        return MISSING
    if isinstance(space, str):
        return _write(value, limiter, space[:_MAX_INDENT], "\n" if space else "")
    width = space if isinstance(space, int | float) and not isinstance(space, bool) else 0
    # V8 starts new lines even for a `space` between 0 and 1, without indenting them:
    # `JSON.stringify([1], null, 0.5)` has three lines.
    return _write(
        value, limiter, " " * min(to_index(width), _MAX_INDENT), "\n" if width > 0 else ""
    )


def _write(value: LiquidValue, limiter: WorkLimiter, indent: str, line_start: str) -> str:
    """Return the JSON of a value, with `line_start` before each line of its level ("": one line)."""
    limiter.spend()
    if isinstance(value, SpecialLiteral):
        return "{}"  # `NullDrop` and the other drops of liquidjs are objects without properties
    inner = line_start + indent
    if isinstance(value, Mapping):
        colon = ": " if line_start else ":"
        members = [
            f"{_quote(key, limiter)}{colon}{_write(member, limiter, indent, inner)}"
            for key, member in value.items()
            if member is not MISSING
        ]
        return _enclose("{}", members, (line_start, inner), limiter)
    if isinstance(value, list | tuple):
        elements = [_write(part, limiter, indent, inner) for part in value]
        return _enclose("[]", elements, (line_start, inner), limiter)
    return _quote(value, limiter) if isinstance(value, str) else stringify_json(value) or "null"


def _enclose(
    brackets: str, parts: list[str], line_starts: tuple[str, str], limiter: WorkLimiter
) -> str:
    if not parts:
        return brackets
    line_start, inner = line_starts
    joined = join_texts(parts, "," + inner, limiter)
    return f"{brackets[0]}{inner}{joined}{line_start}{brackets[1]}"


def _quote(text: str, limiter: WorkLimiter) -> str:
    limiter.spend(len(text))
    if not text.isascii():
        limiter.spend_per_character(len(text))
    quoted = to_surrogate_pairs(stringify_json(join_surrogate_pairs(text)) or "")
    limiter.reserve_text(len(quoted))
    return quoted


FILTERS: Final[Mapping[str, Filter]] = {
    "json": _to_json,
    "jsonify": _to_json,
    "inspect": _to_json,
}
