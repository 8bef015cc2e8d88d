"""Text in UTF-16 code units, a character beyond the BMP in two, as JavaScript counts and compares it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from destination_kit._javascript import has_supplementary_characters, to_surrogate_pairs
from destination_kit._json import Missing
from destination_kit.mapping.liquid.limits import Bounds

SCALARS = frozenset({int, float, bool, type(None), Missing})


def characters(text: str) -> str:
    """Return a text with pairs of code units joined; lone halves stay."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def in_units(value: Any, bounds: Bounds) -> Any:
    """Return a value with all its text in code units: the same object where it is already."""
    if isinstance(value, str):
        return _text_in_units(value, bounds)
    is_container = type(value) not in SCALARS and isinstance(value, Mapping | list | tuple)
    return _in_units(value, bounds) if is_container and _leaves_bmp(value, bounds) else value


def _leaves_bmp(value: Any, bounds: Bounds) -> bool:
    if isinstance(value, str):
        bounds.spend()
        return has_supplementary_characters(value)
    if isinstance(value, Mapping):
        return any(_leaves_bmp(each, bounds) for item in value.items() for each in item)
    if isinstance(value, list | tuple):
        bounds.array(len(value))
        return any(_leaves_bmp(each, bounds) for each in value)
    return False


def _in_units(value: Any, bounds: Bounds) -> Any:
    bounds.spend()
    if isinstance(value, Mapping):
        pairs = value.items()
        return {_text_in_units(key, bounds): _in_units(each, bounds) for key, each in pairs}
    if isinstance(value, list | tuple):
        return [_in_units(each, bounds) for each in value]
    return _text_in_units(value, bounds) if isinstance(value, str) else value


def _text_in_units(text: str, bounds: Bounds) -> str:
    if text.isascii():
        return text
    bounds.spend(len(text))
    if not has_supplementary_characters(text):
        return text
    bounds.slow(len(text))
    return to_surrogate_pairs(text)
