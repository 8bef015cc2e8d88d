"""Filters of text (liquidjs's `stringFilters`), which count UTF-16 code units as JavaScript does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from destination_kit._javascript import WHITE_SPACE
from destination_kit._json import MISSING
from destination_kit._surrogates import join_surrogate_pairs, to_surrogate_pairs
from destination_kit.errors import ResolutionError
from destination_kit.mapping.liquid.context import Filter, take_arguments
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.operators import is_less_than
from destination_kit.mapping.liquid.values import (
    LiquidValue,
    join_texts,
    to_boolean,
    to_index,
    to_number,
    to_plain,
    to_text,
)

_WHITE_SPACE = re.compile(f"[{WHITE_SPACE}]+")
# `rCJKWord` of liquidjs lists only these ranges. With those beyond the BMP, `number_of_words` would
# count more words than liquidjs.
_CJK = "\u4e00-\u9fff\uf900-\ufaff\u3400-\u4dbf\u3040-\u309f\u30a0-\u30ff\uac00-\ud7af"
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_NON_CJK_WORD = re.compile(f"[^{_CJK}{WHITE_SPACE}]+")
# `str.strip` compares each character of a text with all characters to strip, 32 of these in about 2
# ns. A unit of work stands for 2.5 ns.
_COMPARED_AT_ONCE = 32


def _create_text_filter(change: Callable[[str, WorkLimiter], str]) -> Filter:
    """Return the filter of a function whose result is hardly longer than its input."""

    def apply(limiter: WorkLimiter, value: LiquidValue, *_arguments: LiquidValue) -> str:
        text = to_text(value, limiter)
        limiter.reserve_text(len(text))
        return change(text, limiter)

    return apply


def _to_upper_case(text: str, limiter: WorkLimiter) -> str:
    if text.isascii():
        return text.upper()
    limiter.spend_per_character(len(text))
    return to_surrogate_pairs(join_surrogate_pairs(text).upper())


def _to_lower_case(text: str, limiter: WorkLimiter) -> str:
    if text.isascii():
        return text.lower()
    limiter.spend_per_character(len(text))
    return to_surrogate_pairs(join_surrogate_pairs(text).lower())


def _capitalize(text: str, limiter: WorkLimiter) -> str:
    # `capitalize` of liquidjs changes `charAt(0)`, one code unit. Half of a surrogate pair has no
    # upper case, so "𐐨" stays.
    return text[:1].upper() + _to_lower_case(text[1:], limiter)


def _strip_newlines(text: str, _limiter: WorkLimiter) -> str:
    return text.replace("\r\n", "").replace("\n", "")


def _normalize_white_space(text: str, limiter: WorkLimiter) -> str:
    limiter.spend_per_character(len(text))
    return _WHITE_SPACE.sub(" ", text)


def _append(limiter: WorkLimiter, value: LiquidValue, *arguments: LiquidValue) -> str:
    suffix = _get_only_argument("append", arguments)
    return join_texts([to_text(value, limiter), to_text(suffix, limiter)], "", limiter)


def _prepend(limiter: WorkLimiter, value: LiquidValue, *arguments: LiquidValue) -> str:
    prefix = _get_only_argument("prepend", arguments)
    return join_texts([to_text(prefix, limiter), to_text(value, limiter)], "", limiter)


def _get_only_argument(filter_name: str, arguments: tuple[LiquidValue, ...]) -> LiquidValue:
    """Return the argument of a filter. These two filters of liquidjs refuse any other number."""
    if len(arguments) != 1:
        raise ResolutionError(
            f"the Liquid filter {filter_name!r} takes one argument, found {len(arguments)}"
        )
    return arguments[0]


def _create_replace_filter(
    replace: Callable[[str, str, str], str], *, has_replacement: bool = True
) -> Filter:
    """Return a filter that replaces its first argument with its second one, or removes it."""

    def apply(
        limiter: WorkLimiter, value: LiquidValue, search: LiquidValue, new: LiquidValue
    ) -> str:
        text, pattern = to_text(value, limiter), to_text(search, limiter)
        replacement = to_text(new, limiter) if has_replacement else ""
        count = text.count(pattern) if replace is _replace_all else 1
        limiter.reserve_text(len(text) + count * len(replacement))
        return replace(text, pattern, replacement)

    return take_arguments(2, apply)


def _replace_all(text: str, pattern: str, replacement: str) -> str:
    # `replace` of liquidjs splits and joins, so an empty pattern adds nothing at the ends of the
    # text. `str.replace` would add the replacement there too.
    return text.replace(pattern, replacement) if pattern else replacement.join(text)


def _replace_first(text: str, pattern: str, replacement: str) -> str:
    return text.replace(pattern, replacement, 1)


def _replace_last(text: str, pattern: str, replacement: str) -> str:
    # `str.rfind` can take the product of both lengths: 26 ms for "ab" + "a" * 10_000 in a text of
    # 20,000 times "a". `str.find` on reversed texts takes 0.05 ms.
    index = text[::-1].find(pattern[::-1])
    start = -1 if index < 0 else len(text) - index - len(pattern)
    return text if start < 0 else text[:start] + replacement + text[start + len(pattern) :]


def _create_strip_filter(*strips: Callable[[str, str], str]) -> Filter:
    """Return the filter that strips white space, or the characters of its argument."""

    def apply(limiter: WorkLimiter, value: LiquidValue, chars: LiquidValue) -> str:
        text, stripped = to_text(value, limiter), WHITE_SPACE
        limiter.reserve_text(len(text))
        if to_boolean(chars):
            given = join_surrogate_pairs(to_text(chars, limiter))
            limiter.spend_per_character(len(given))
            # `strip` of liquidjs looks up code units (`str[i]`) in a set of whole characters, so it
            # never strips a character beyond the BMP.
            stripped = "".join(char for char in set(given) if char <= "\uffff")
        limiter.spend(len(text) * len(stripped) // _COMPARED_AT_ONCE)
        for strip in strips:
            text = strip(text, stripped)
        return text

    return take_arguments(1, apply)


def _split(limiter: WorkLimiter, value: LiquidValue, separator: LiquidValue) -> list[str]:
    """Return the parts of a text, without empty ones at the end: as in Ruby, which liquidjs follows."""
    text, delimiter = to_text(value, limiter), to_text(separator, limiter)
    limiter.reserve_array(text.count(delimiter) + 1 if delimiter else len(text))
    parts = text.split(delimiter) if delimiter else list(text)
    while parts and not parts[-1]:
        parts.pop()
    return parts


def _truncate(
    limiter: WorkLimiter, value: LiquidValue, length: LiquidValue, ellipsis: LiquidValue
) -> LiquidValue:
    text = to_text(value, limiter)
    end = to_text("..." if ellipsis is MISSING else ellipsis, limiter)
    max_length = 50 if length is MISSING else to_plain(length)
    if is_less_than(len(text), max_length, limiter, or_equal=True):
        return value
    kept = to_index(to_number(max_length, limiter) - len(end))
    return join_texts([text[: max(kept, 0)], end], "", limiter)


def _truncate_words(
    limiter: WorkLimiter, value: LiquidValue, count: LiquidValue, ellipsis: LiquidValue
) -> str:
    text = to_text(value, limiter)
    end = to_text("..." if ellipsis is MISSING else ellipsis, limiter)
    max_count = 15 if count is MISSING else to_plain(count)
    if is_less_than(max_count, 0, limiter, or_equal=True):
        max_count = 1
    kept = to_index(to_number(max_count, limiter))
    limiter.reserve_text(len(text))
    limiter.spend_per_character(min(kept, len(text) // 2))
    words = _WHITE_SPACE.split(text, maxsplit=max(kept, 1))
    # `truncatewords` of liquidjs compares with `>=`, so a text of exactly `max_count` words gets
    # the ellipsis although nothing is cut.
    is_truncated = is_less_than(max_count, len(words), limiter, or_equal=True)
    return join_texts([" ".join(words[:kept]), end if is_truncated else ""], "", limiter)


def _count_words(limiter: WorkLimiter, value: LiquidValue, mode: LiquidValue) -> int:
    """Return the number of words between white space.

    The mode "cjk" counts each Chinese, Japanese or Korean character as a word, and "auto" does so
    if there is one.
    """
    text = to_text(value, limiter).strip(WHITE_SPACE)
    limiter.spend_per_character(len(text))
    if mode == "cjk" or (mode == "auto" and _CJK_CHARACTER.search(text)):
        limiter.spend_per_character(len(text))
        return len(_CJK_CHARACTER.findall(text)) + len(_NON_CJK_WORD.findall(text))
    return len(_WHITE_SPACE.split(text)) if text else 0


FILTERS: Final[Mapping[str, Filter]] = {
    "upcase": _create_text_filter(_to_upper_case),
    "downcase": _create_text_filter(_to_lower_case),
    "capitalize": _create_text_filter(_capitalize),
    "strip_newlines": _create_text_filter(_strip_newlines),
    "normalize_whitespace": _create_text_filter(_normalize_white_space),
    "append": _append,
    "prepend": _prepend,
    "replace": _create_replace_filter(_replace_all),
    "replace_first": _create_replace_filter(_replace_first),
    "replace_last": _create_replace_filter(_replace_last),
    "remove": _create_replace_filter(_replace_all, has_replacement=False),
    "remove_first": _create_replace_filter(_replace_first, has_replacement=False),
    "remove_last": _create_replace_filter(_replace_last, has_replacement=False),
    "strip": _create_strip_filter(str.lstrip, str.rstrip),
    "lstrip": _create_strip_filter(str.lstrip),
    "rstrip": _create_strip_filter(str.rstrip),
    "split": take_arguments(1, _split),
    "truncate": take_arguments(2, _truncate),
    "truncatewords": take_arguments(2, _truncate_words),
    "number_of_words": take_arguments(1, _count_words),
}
