"""When two values are the same in JavaScript's eyes, and when they are but for a chosen reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from destination_kit._javascript import number_to_string
from destination_kit._json import pointer

LARGEST_SAFE = 2**53
_DECODER = json.JSONDecoder()
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


def parts(value: object) -> Iterator[object]:
    """Yield every key and every scalar of a value."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from parts(each)
    elif isinstance(value, list):
        for each in value:
            yield from parts(each)
    else:
        yield value


def each_scalar(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return the value with every key and scalar changed."""
    if isinstance(value, dict):
        return {change(key): each_scalar(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [each_scalar(each, change) for each in value]
    return change(value)


def rounded(value: Any) -> Any:
    """Return the value with integers as doubles (D1), also where text shows them."""
    return each_scalar(value, _rounded)


def mended(value: Any) -> Any:
    """Return the value with halves of characters replaced (D4), also where JSON text escapes them."""
    return each_scalar(value, lambda each: _mended(each) if isinstance(each, str) else each)


def ordered(value: Any) -> Any:
    """Return the value with the keys of all JSON text in it sorted (D3)."""
    return each_scalar(value, lambda each: _ordered(each) if isinstance(each, str) else each)


def settled(value: Any) -> Any:
    """Return the value without what D1, D3 and D4 let differ."""
    return rounded(ordered(mended(value)))


def unordered(value: Any) -> Any:
    """Return the value with every list sorted."""
    if isinstance(value, dict):
        return {key: unordered(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted(map(unordered, value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


def long_digits(value: object) -> set[str]:
    """Return the digits of every integer beyond 2^53 in a value, also where text shows them."""
    found = set()
    for each in parts(value):
        if isinstance(each, int) and abs(each) > LARGEST_SAFE:
            found.add(str(abs(each)))
        elif isinstance(each, str):
            found.update(_LONG.findall(each))
    return found


def without_absent(value: Any, absent: object) -> Any:
    """Return the value as JSON shows it: absent keys are not there, absent items are null."""
    if isinstance(value, dict) and value != absent:
        return {key: without_absent(each, absent) for key, each in value.items() if each != absent}
    if isinstance(value, list):
        return [None if each == absent else without_absent(each, absent) for each in value]
    return value


def _rounded(value: Any) -> Any:
    if isinstance(value, str):
        return _LONG.sub(lambda digits: number_to_string(float(digits[0])), value)
    return _double(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _double(number: float) -> Any:
    """Return the number as JavaScript holds it, in the words of the wire where it is infinite."""
    try:
        return float(number)
    except OverflowError:
        return {"$js": "Infinity" if number > 0 else "-Infinity"}


def _mended(text: str) -> str:
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _HALF_ESCAPED.sub("\ufffd", whole)


def _ordered(text: str) -> str:
    """Sort the keys of JSON text, in which JSON text may stand again, and which text may follow."""
    try:
        shown, end = _DECODER.raw_decode(text) if text[:1] in ("{", "[", '"') else (None, 0)
    except ValueError:
        return text
    return text if shown is None else json.dumps(ordered(shown), sort_keys=True) + text[end:]


def _same_scalar(theirs: Any, ours: Any) -> bool:
    """Compare two of a kind; the digits of a double are its shortest, not all that it has."""
    if isinstance(theirs, float) or isinstance(ours, float):
        return bool(_double(theirs) == _double(ours))
    return bool(theirs == ours)


def _kind(value: object) -> type:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float if is_number else type(value)
