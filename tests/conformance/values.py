"""When two values are the same in JavaScript's eyes, and when they are but for a chosen reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from destination_kit._javascript import number_text
from destination_kit._json import pointer

_LONG = re.compile(r"(?<![\d.])\d{16,}(?![\d.])")
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def equal(theirs: object, ours: object) -> bool:
    """Return whether two values (tags and all) are the same."""
    return next(unequal(theirs, ours), None) is None


def unequal(theirs: object, ours: object, *at: str | int) -> Iterator[str]:
    """Yield the pointer of each place where two values differ."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        yield from (pointer(*at, key) for key in sorted(theirs.keys() ^ ours.keys()))
        for key in theirs.keys() & ours.keys():
            yield from unequal(theirs[key], ours[key], *at, key)
    elif isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            yield pointer(*at)
        for index, (one, other) in enumerate(zip(theirs, ours, strict=False)):
            yield from unequal(one, other, *at, index)
    elif _kind(theirs) is not _kind(ours) or not _same_scalar(theirs, ours):
        yield pointer(*at)


def settled(value: Any) -> Any:
    """Return the value without what D1, D3 and D4 let differ.

    Integers are rounded to doubles, also where text shows them; halves of characters are U+FFFD;
    the keys of JSON text are sorted.
    """
    if isinstance(value, dict):
        return {_settled_text(key): settled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [settled(each) for each in value]
    if isinstance(value, str):
        return _settled_text(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def unordered(value: Any) -> Any:
    """Return the value with every list sorted."""
    if isinstance(value, dict):
        return {key: unordered(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted(map(unordered, value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


def _settled_text(value: str) -> str:
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    try:
        shown = json.loads(whole) if whole[:1] in ("{", "[") else None
    except ValueError:
        shown = None
    if shown is not None:
        return json.dumps(settled(shown), sort_keys=True)
    return _LONG.sub(_rounded, _HALF_ESCAPED.sub("\ufffd", whole))


def _rounded(digits: re.Match[str]) -> str:
    return number_text(float(digits[0]))


def _same_scalar(theirs: Any, ours: Any) -> bool:
    """Compare two of a kind; the digits of a double are its shortest, not all that it has."""
    if isinstance(theirs, float) or isinstance(ours, float):
        return float(theirs) == float(ours)
    return bool(theirs == ours)


def _kind(value: object) -> type:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float if is_number else type(value)
