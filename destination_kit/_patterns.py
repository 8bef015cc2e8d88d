"""Patterns of JSON Schema: JavaScript's regular expressions, compiled for Python and bounded."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object

if TYPE_CHECKING:
    from destination_kit._json import Json

# An open class ends with the text. Each `[` of 10,000 would otherwise be tried to the end.
_DIFFERENT_OR_SHIELDED = re.compile(
    r"\\k<(?P<name>\w+)>|\\.|\[(?:\\.|[^\]\\])*(?:\]|\\?\Z)|\(\?<(?=[A-Za-z_])|\$", re.DOTALL
)
# Python accepts groups such as `(?P<` and quantifiers such as `++`, which Node 20 refuses. Node
# reads `\A` as the letter A.
_ONLY_PYTHON = re.compile(r"\(\?[P>(#a-zA-Z-]|\\[AZ]|[*+?}]\+")
_LITERAL = re.compile(r"\\[^AZ]|\[(?:\\.|[^\\\]])*(?:\]|\\?\Z)", re.DOTALL)

# ECMA-262, 22.2.1, with the parameter UnicodeMode.
_ESCAPE = r"[dDsSwWfnrtv^$\\.*+?()\[\]{}|/]|0(?![0-9])|c[A-Za-z]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}"
_PART_OF_CLASS = rf"\\(?:{_ESCAPE}|[-b])|[^\\\]]"
_PART = re.compile(
    rf"(?P<quantifier>(?:[*+?]|\{{[0-9]+(?:,[0-9]*)?\}})\??)"
    r"|(?P<opening>\((?:\?(?:<?[=!]|:|<\w+>))?)|(?P<closing>\))"
    rf"|\[(?:{_PART_OF_CLASS})*\]|\\(?:{_ESCAPE}|[bB]|[1-9][0-9]?(?![0-9])|k<\w+>)|[^\\\[\](){{}}*+?]",
    re.DOTALL,
)
_PARTS_OF_CLASS = re.compile(rf"\[(?:{_PART_OF_CLASS})*", re.DOTALL)
_COUNT = re.compile(r"\{,([0-9]*)\}")
_OCTAL = re.compile(r"\\([0-7]{1,3})")
# To compile and analyse a pattern of this length takes 50 ms.
_LONGEST_PATTERN = 10_000
_TOO_LONG = f"it has more than {_LONGEST_PATTERN:,} characters"
_MAPS_OF_SCHEMAS = ("properties", "patternProperties", "dependencies")
_SCHEMAS = (
    *("items", "additionalProperties", "propertyNames", "not", "if", "then", "else"),
    *("oneOf", "anyOf", "allOf"),
)
_LOOKAROUND = ("(?=", "(?!", "(?<=", "(?<!")


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a `pattern` of draft-07."""
    if len(pattern) > _LONGEST_PATTERN:
        raise re.error(_TOO_LONG)
    with _ignore_set_notation():
        return re.compile(_to_python(pattern))


@cache
def find_pattern_limit(pattern: str) -> int:
    """Return the characters of the longest text that a `pattern` of draft-07 is tried on.

    Raises `re.error` for a pattern that does not compile, or that may take too long.
    """
    # A definition has few patterns, and most commands need none of them.
    from destination_kit._pattern_cost import find_text_limit

    with _ignore_set_notation():
        return find_text_limit(compile_pattern(pattern).pattern)


def compile_search(pattern: str) -> Callable[[str], bool]:
    """Return the test whether a `pattern` of draft-07 is in a text that is not too long for it."""
    search, longest = compile_pattern(pattern).search, find_pattern_limit(pattern)
    return lambda text: len(text) <= longest and search(text) is not None


def is_regex(text: str) -> bool:
    """Return whether JavaScript and Python both understand a pattern, and in the same way."""
    if _ONLY_PYTHON.search(_LITERAL.sub("x", text)):
        return False
    try:
        with _ignore_set_notation():
            re.compile(_to_python(text))
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def iter_patterns(schema: Json, *at: str | int) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the steps to each pattern in a schema of draft-07, with the pattern."""
    if not isinstance(schema, Mapping):
        return
    if isinstance(pattern := schema.get("pattern"), str):
        yield (*at, "pattern"), pattern
    for name in as_object(schema.get("patternProperties")):
        yield (*at, "patternProperties", name), name
    for keyword, value in schema.items():
        members: Iterable[tuple[str | int, Json]] = ()
        if keyword in _MAPS_OF_SCHEMAS:
            members = as_object(value).items()
        elif keyword in _SCHEMAS:
            yield from iter_patterns(value, *at, keyword)
            members = enumerate(as_array(value))
        for step, member in members:
            yield from iter_patterns(member, *at, keyword, step)


def explain_refusal(pattern: str) -> str | None:
    """Return why a `pattern` of an author's schema is refused, and what helps; None if it is not."""
    if len(pattern) > _LONGEST_PATTERN:
        return f"The pattern is refused: {_TOO_LONG}."
    if not is_regex(pattern):
        return "The pattern must compile, and mean the same in JavaScript and Python."
    if fault := _find_unicode_fault(pattern):
        return f"The pattern does not compile with JavaScript's flag `u`, as in forms: {fault}."
    try:
        find_pattern_limit(pattern)
    except re.error as error:
        return f"The pattern is refused: {error}."
    return None


def _find_unicode_fault(pattern: str) -> str | None:
    """Return what the flag `u` refuses, and what to write instead; None if nothing."""
    position, groups, is_assertion = 0, list[str](), False
    while position < len(pattern):
        part = _PART.match(pattern, position)
        if part is None:
            return _describe_fault(pattern, position)
        if part["quantifier"] and is_assertion:
            return f"`{part[0]}` repeats an assertion, which has no length: write it without"
        is_assertion = bool(part["closing"]) and groups.pop() in _LOOKAROUND
        groups += [part["opening"]] if part["opening"] else []
        position = part.end()
    return None


def _describe_fault(pattern: str, position: int) -> str:
    if open_class := _PARTS_OF_CLASS.match(pattern, position):
        position = open_class.end()
    char, rest = pattern[position], pattern[position:]
    if octal := _OCTAL.match(rest):
        return f"the escape `{octal[0]}` is octal: write `\\x{int(octal[1], 8):02x}`"
    if rest.startswith(r"\a"):
        return r"the escape `\a` exists only in Python: write `\x07`"
    if rest.startswith((r"\N", r"\U")):
        return f"the escape `{rest[:2]}` exists only in Python: write the character itself"
    if char == "\\":
        return f"there is no escape `{rest[:2]}`: write `{rest[1:2]}`"
    if count := _COUNT.match(rest):
        return f"`{count[0]}` has no least number: write `{{0,{count[1]}}}`"
    return f"`{char}` has to be escaped: write `\\{char}`"


@contextmanager
def _ignore_set_notation() -> Iterator[None]:
    """Compile `[[a]` without a warning: in some later version of Python, it may mean another set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _to_python(pattern: str) -> str:
    return _DIFFERENT_OR_SHIELDED.sub(_replace_part, pattern)


def _replace_part(part: re.Match[str]) -> str:
    if part["name"]:
        return f"(?P={part['name']})"
    # In JavaScript `$` is the end of the text. In Python it also matches before a last line end, so
    # `^a$` would accept "a\n".
    return {"$": r"\Z", "(?<": "(?P<"}.get(part[0], part[0])
