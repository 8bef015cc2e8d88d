"""Patterns of JSON Schema: JavaScript's regular expressions, compiled for Python and bounded."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import cache

# An open class ends with the text. Each `[` of 10,000 would otherwise be tried to the end.
_DOLLAR_OR_SHIELDED = re.compile(r"\\.|\[(?:\\.|[^\]\\])*(?:\]|\\?\Z)|\$", re.DOTALL)
# Python accepts groups such as `(?P<` and quantifiers such as `++`, which Node 20 refuses. Node
# reads `\A` as the letter A.
_ONLY_PYTHON = re.compile(r"\(\?[P>(#a-zA-Z-]|\\[AZ]|[*+?}]\+")
_LITERAL = re.compile(r"\\[^AZ]|\[(?:\\.|[^\\\]])*(?:\]|\\?\Z)", re.DOTALL)
_NAMED_GROUP = re.compile(r"\(\?<(?=[A-Za-z_])")
_NAMED_REFERENCE = re.compile(r"\\k<(\w+)>")


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a `pattern` of draft-07."""
    # In JavaScript `$` is the end of the text. In Python it also matches before a last line end, so
    # `^a$` would accept "a\n".
    return re.compile(
        _DOLLAR_OR_SHIELDED.sub(lambda part: r"\Z" if part[0] == "$" else part[0], pattern)
    )


@cache
def find_pattern_limit(pattern: str) -> int:
    """Return the characters of the longest text that a `pattern` of draft-07 is tried on.

    Raises `re.error` for a pattern that does not compile, or that may take too long.
    """
    # A definition has few patterns, and most commands need none of them.
    from destination_kit._pattern_cost import find_text_limit

    return find_text_limit(compile_pattern(pattern).pattern)


def compile_search(pattern: str) -> Callable[[str], bool]:
    """Return the test whether a `pattern` of draft-07 is in a text that is not too long for it."""
    search, longest = compile_pattern(pattern).search, find_pattern_limit(pattern)
    return lambda text: len(text) <= longest and search(text) is not None


def is_regex(text: str) -> bool:
    """Return whether JavaScript and Python both understand a pattern, and in the same way."""
    if _ONLY_PYTHON.search(_LITERAL.sub("x", text)):
        return False
    pattern = _NAMED_REFERENCE.sub(r"(?P=\1)", _NAMED_GROUP.sub("(?P<", text))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
