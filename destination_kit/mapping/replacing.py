"""`@replace`: literal patterns, replaced as JavaScript's `String.replace` does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from destination_kit._javascript import utf16_length
from destination_kit._json import MISSING
from destination_kit.mapping.grammar import MOST_REPLACED
from destination_kit.mapping.resolvers import UnfitEventError, join_text

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Value

Change: TypeAlias = Callable[[str], str]

_SPECIAL = re.compile(r"\$[$&`']")
_ASCII = 128
_FLAGS: tuple[tuple[str, bool], ...] = (("ignorecase", False), ("global", True))


@dataclass(frozen=True, slots=True)
class _How:
    ignorecase: bool
    everywhere: bool


def compile_replacement(options: JsonObject) -> Change:
    """Compile `pattern` and `pattern2`; options of a wrong type make every text empty."""
    ignorecase, everywhere = (_option(options, *each) for each in _FLAGS)
    if not isinstance(ignorecase, bool) or not isinstance(everywhere, bool):
        return _emptied
    how = _How(ignorecase, everywhere)
    first = _compile_step(options["pattern"], _option(options, "replacement", ""), how)
    if first is None:
        return _emptied
    second = _compile_step(options.get("pattern2"), _option(options, "replacement2", ""), how)
    return first if second is None else lambda value: second(first(value))


def _option(options: JsonObject, name: str, default: Json) -> Json:
    value: Value = options.get(name)
    return default if value is None or value is MISSING else value


def _emptied(_value: str) -> str:
    return ""


def _compile_step(pattern: Json, replacement: Json, how: _How) -> Change | None:
    if not isinstance(pattern, str) or not pattern or not isinstance(replacement, str):
        return None
    for name, part in (("pattern", pattern), ("replacement", replacement)):
        if utf16_length(part) > MOST_REPLACED:
            return _failing(f"the {name} has more than {MOST_REPLACED} characters: {part!r}")
    if how.ignorecase or _SPECIAL.search(replacement):
        return _by_match(pattern, replacement, how)
    limit = -1 if how.everywhere else 1
    return lambda value: join_text([value.replace(pattern, replacement, limit)])


def _failing(message: str) -> Change:
    def fail(_value: str) -> str:
        raise UnfitEventError(message)

    return fail


def _by_match(pattern: str, replacement: str, how: _How) -> Change:
    fold = _folded if how.ignorecase else str
    wanted, limit = fold(pattern), None if how.everywhere else 1

    def change(value: str) -> str:
        return join_text(parts(value, islice(_found(fold(value), wanted), limit)))

    def parts(value: str, places: Iterable[int]) -> Iterator[str]:
        done = 0
        for at in places:
            end = at + len(pattern)
            yield value[done:at]
            yield _expanded(replacement, value, at, end)
            done = end
        yield value[done:]

    return change


def _found(value: str, wanted: str) -> Iterator[int]:
    at = value.find(wanted)
    while at >= 0:
        yield at
        at = value.find(wanted, at + len(wanted))


def _expanded(replacement: str, value: str, start: int, end: int) -> str:
    def special(match: re.Match[str]) -> str:
        match match[0]:
            case "$$":
                return "$"
            case "$&":
                return value[start:end]
            case "$`":
                return value[:start]
            case _:
                return value[end:]

    return _SPECIAL.sub(special, replacement)


def _folded(value: str) -> str:
    """Return the text as a case-insensitive, non-unicode expression compares it."""
    return value.upper() if value.isascii() else "".join(map(_fold, value))


def _fold(char: str) -> str:
    upper = char.upper()
    if char > "\uffff" or len(upper) != 1 or upper > "\uffff":
        return char
    return char if ord(char) >= _ASCII > ord(upper) else upper
