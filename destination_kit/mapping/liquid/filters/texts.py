"""Filters that work on text, in UTF-16 code units as JavaScript does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from destination_kit._javascript import WHITE_SPACE, to_surrogate_pairs
from destination_kit._json import MISSING
from destination_kit.mapping.liquid.context import Filter
from destination_kit.mapping.liquid.limits import Bounds
from destination_kit.mapping.liquid.operators import less
from destination_kit.mapping.liquid.utf16 import characters
from destination_kit.mapping.liquid.values import (
    Draft,
    is_true,
    join,
    number,
    plain,
    text,
    whole,
)
from destination_kit.mapping.resolvers import ResolutionError

_SPACES = re.compile(f"[{WHITE_SPACE}]+")
_CJK = "\u4e00-\u9fff\uf900-\ufaff\u3400-\u4dbf\u3040-\u309f\u30a0-\u30ff\uac00-\ud7af"
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_OTHER_WORD = re.compile(f"[^{_CJK}{WHITE_SPACE}]+")
_COMPARED_AT_ONCE = 32  # characters, in a set of those to strip


def _changed(change: Callable[[str, Bounds], str]) -> Filter:
    """Return the filter that makes text of its input, hardly longer than that, without arguments."""

    def apply(bounds: Bounds, value: Draft, *_arguments: Draft) -> str:
        said = text(value, bounds)
        bounds.text(len(said))
        return change(said, bounds)

    return apply


def _upper(said: str, bounds: Bounds) -> str:
    if said.isascii():
        return said.upper()
    bounds.slow(len(said))
    return to_surrogate_pairs(characters(said).upper())


def _lower(said: str, bounds: Bounds) -> str:
    if said.isascii():
        return said.lower()
    bounds.slow(len(said))
    return to_surrogate_pairs(characters(said).lower())


def _capitalized(said: str, bounds: Bounds) -> str:
    return said[:1].upper() + _lower(said[1:], bounds)


def _in_one_line(said: str, _bounds: Bounds) -> str:
    return said.replace("\r\n", "").replace("\n", "")


def _normalized(said: str, bounds: Bounds) -> str:
    bounds.slow(len(said))
    return _SPACES.sub(" ", said)


def _append(bounds: Bounds, value: Draft, *arguments: Draft) -> str:
    return join([text(value, bounds), text(_only(arguments), bounds)], "", bounds)


def _prepend(bounds: Bounds, value: Draft, *arguments: Draft) -> str:
    return join([text(_only(arguments), bounds), text(value, bounds)], "", bounds)


def _only(arguments: tuple[Draft, ...]) -> Draft:
    if len(arguments) != 1:
        raise ResolutionError(f"a Liquid filter takes one argument, found {len(arguments)}")
    return arguments[0]


def _replacing(replace: Callable[[str, str, str], str], *, fill: bool = True) -> Filter:
    """Return the filter that puts its second argument, or nothing, in the place of its first."""

    def apply(
        bounds: Bounds, value: Draft, wanted: Draft = MISSING, new: Draft = MISSING, *_more: Draft
    ) -> str:
        said, pattern = text(value, bounds), text(wanted, bounds)
        instead = text(new, bounds) if fill else ""
        times = said.count(pattern) if replace is _everywhere else 1
        bounds.text(len(said) + times * len(instead))
        return replace(said, pattern, instead)

    return apply


def _everywhere(said: str, pattern: str, new: str) -> str:
    return said.replace(pattern, new) if pattern else new.join(said)


def _first(said: str, pattern: str, new: str) -> str:
    return said.replace(pattern, new, 1)


def _last(said: str, pattern: str, new: str) -> str:
    found = said[::-1].find(pattern[::-1])  # `rfind` takes the product of both lengths
    at = -1 if found < 0 else len(said) - found - len(pattern)
    return said if at < 0 else said[:at] + new + said[at + len(pattern) :]


def _stripping(*sides: Callable[[str, str], str]) -> Filter:
    """Return the filter that takes blanks, or the characters of its argument, off these sides."""

    def apply(bounds: Bounds, value: Draft, chars: Draft = MISSING, *_more: Draft) -> str:
        said, unwanted = text(value, bounds), WHITE_SPACE
        bounds.text(len(said))
        if is_true(chars):
            given = characters(text(chars, bounds))
            bounds.slow(len(given))
            unwanted = "".join(each for each in set(given) if each <= "\uffff")
        bounds.spend(len(said) * len(unwanted) // _COMPARED_AT_ONCE)
        for strip in sides:
            said = strip(said, unwanted)
        return said

    return apply


def _split(bounds: Bounds, value: Draft, separator: Draft = MISSING, *_more: Draft) -> list[str]:
    said, between = text(value, bounds), text(separator, bounds)
    bounds.array(said.count(between) + 1 if between else len(said))
    parts = said.split(between) if between else list(said)
    while parts and not parts[-1]:
        parts.pop()
    return parts


def _truncate(
    bounds: Bounds, value: Draft, most: Draft = MISSING, mark: Draft = MISSING, *_more: Draft
) -> Draft:
    said, end = text(value, bounds), text("..." if mark is MISSING else mark, bounds)
    length = 50 if most is MISSING else plain(most)
    if less(len(said), length, bounds, or_equal=True):
        return value
    kept = whole(number(length, bounds) - len(end))
    return join([said[: max(kept, 0)], end], "", bounds)


def _truncate_words(
    bounds: Bounds, value: Draft, most: Draft = MISSING, mark: Draft = MISSING, *_more: Draft
) -> str:
    said, end = text(value, bounds), text("..." if mark is MISSING else mark, bounds)
    count = 15 if most is MISSING else plain(most)
    if less(count, 0, bounds, or_equal=True):
        count = 1
    most_kept = whole(number(count, bounds))
    bounds.text(len(said))
    bounds.slow(min(most_kept, len(said) // 2))
    words = _SPACES.split(said, maxsplit=max(most_kept, 1))
    kept = " ".join(words[:most_kept])
    is_cut = less(count, len(words), bounds, or_equal=True)
    return join([kept, end if is_cut else ""], "", bounds)


def _count_words(bounds: Bounds, value: Draft, mode: Draft = MISSING, *_more: Draft) -> int:
    """Count words between blanks; in mode "cjk", or "auto" where there are some, characters too."""
    said = text(value, bounds).strip(WHITE_SPACE)
    bounds.slow(len(said))
    is_cjk = mode == "cjk" or (mode == "auto" and _CJK_CHARACTER.search(said))
    if is_cjk:
        bounds.slow(len(said))
        return len(_CJK_CHARACTER.findall(said)) + len(_OTHER_WORD.findall(said))
    return len(_SPACES.split(said)) if said else 0


FILTERS: Final[Mapping[str, Filter]] = {
    "upcase": _changed(_upper),
    "downcase": _changed(_lower),
    "capitalize": _changed(_capitalized),
    "strip_newlines": _changed(_in_one_line),
    "normalize_whitespace": _changed(_normalized),
    "append": _append,
    "prepend": _prepend,
    "replace": _replacing(_everywhere),
    "replace_first": _replacing(_first),
    "replace_last": _replacing(_last),
    "remove": _replacing(_everywhere, fill=False),
    "remove_first": _replacing(_first, fill=False),
    "remove_last": _replacing(_last, fill=False),
    "strip": _stripping(str.lstrip, str.rstrip),
    "lstrip": _stripping(str.lstrip),
    "rstrip": _stripping(str.rstrip),
    "split": _split,
    "truncate": _truncate,
    "truncatewords": _truncate_words,
    "number_of_words": _count_words,
}
