"""UTF-16: values whose text has each character beyond the BMP as a surrogate pair.

JavaScript measures, indexes and compares text by UTF-16 code units, Python by code points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from destination_kit._json import Missing
from destination_kit._surrogates import (
    has_supplementary_characters,
    join_surrogate_pairs,
    to_surrogate_pairs,
)
from destination_kit.mapping.liquid.limits import WorkLimiter

#: The types of values that hold neither text nor other values.
SCALAR_TYPES = frozenset({int, float, bool, type(None), Missing})


def quote_for_message(text: str) -> str:
    """Return a text in quotes, with whole characters, for an error message."""
    return repr(join_surrogate_pairs(text))


def value_to_surrogate_pairs(value: Any, limiter: WorkLimiter) -> Any:
    """Return a value with all its text in surrogate pairs, or the value itself if nothing changes.

    An unchanged object keeps its identity, because Liquid compares objects by identity.
    """
    if isinstance(value, str):
        return _convert_text(value, limiter)
    is_container = type(value) not in SCALAR_TYPES and isinstance(value, Mapping | list | tuple)
    if is_container and _has_supplementary_text(value, limiter):
        return _convert(value, limiter)
    return value


def _has_supplementary_text(value: Any, limiter: WorkLimiter) -> bool:
    if isinstance(value, str):
        limiter.spend()
        return has_supplementary_characters(value)
    if isinstance(value, Mapping):
        return any(
            _has_supplementary_text(part, limiter) for member in value.items() for part in member
        )
    if isinstance(value, list | tuple):
        limiter.reserve_array(len(value))
        return any(_has_supplementary_text(part, limiter) for part in value)
    return False


def _convert(value: Any, limiter: WorkLimiter) -> Any:
    limiter.spend()
    if isinstance(value, Mapping):
        members = value.items()
        return {_convert_text(key, limiter): _convert(member, limiter) for key, member in members}
    if isinstance(value, list | tuple):
        return [_convert(part, limiter) for part in value]
    return _convert_text(value, limiter) if isinstance(value, str) else value


def _convert_text(text: str, limiter: WorkLimiter) -> str:
    if text.isascii():
        return text
    limiter.spend(len(text))
    if not has_supplementary_characters(text):
        return text
    limiter.spend_per_character(len(text))
    return to_surrogate_pairs(text)
