"""Trigger text to tokens with columns, lazily and in linear time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from destination_kit.errors import Problem, TriggerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK: Final = r"[ \t\r\n]*+"
_PART: Final = r"(?:[A-Za-z0-9_-]|\\[\s\S])"
_SEGMENT: Final = re.compile(rf"{_PART}+")
# Possessive quantifiers: whatever the text, no character is looked at more than a few times. Not
# behind groups, where Python before 3.11.5 gets them wrong (cpython 106052).
_TOKEN: Final = re.compile(
    rf"""(?P<word>(?:[A-Za-z_]|\\[\s\S]){_PART}*(?:{_BLANK}\.{_BLANK}{_PART}+)*)
    |(?P<string>"[^"]*+"|'[^']*+')
    |(?P<number>[+-]?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)
    |(?P<operator>!=|<=|>=|[=<>])
    |(?P<mark>[!(),])""",
    re.VERBOSE,
)
_SPACE: Final = re.compile(r"[ \t\r\n]*+")
_CARET_SPACE: Final = re.compile(r"[^\t]")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text. `kind` is a token class, or the text itself for marks and joints."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the text goes on after the token."""
        return self.start + len(self.text)


def tokenize(source: str) -> Iterator[Token]:
    """Yield the tokens of a trigger, the last of kind `end`; raise `TriggerError` where one fails.

    A dotted path is one `word`, so that numbers and keywords can be segments of it.
    """
    at = _blank_end(source, 0)
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise syntax_error(source, at, _unreadable(source[at]))
        token = Token(_kind(found), found[0], at)
        yield token
        at = _blank_end(source, token.end)
    yield Token("end", "", len(source))


def unescape_path(token: Token) -> str:
    """Return what a word says: segments joined by dots, escapes undone."""
    return ".".join(re.sub(r"\\([\s\S])", r"\1", each) for each in _SEGMENT.findall(token.text))


def syntax_error(source: str, at: int, message: str, code: str = "FQL_SYNTAX") -> TriggerError:
    """Return the error that shows `source` with a caret under position `at`."""
    begin = source.rfind("\n", 0, at) + 1
    line = source[begin:].partition("\n")[0].rstrip("\r")
    row = source.count("\n", 0, at) + 1
    place = f"line {row}, column {at - begin + 1}" if "\n" in source else f"column {at + 1}"
    caret = _CARET_SPACE.sub(" ", source[begin:at]) + "^"
    return TriggerError([Problem("", code, f"{message} ({place})\n{line}\n{caret}")])


def _blank_end(source: str, at: int) -> int:
    found = _SPACE.match(source, at)
    return found.end() if found else at


def _kind(found: re.Match[str]) -> str:
    spelled = found.lastgroup == "mark" or found[0] in {"and", "or"}
    return found[0] if spelled else str(found.lastgroup)


def _unreadable(char: str) -> str:
    if char in "\"'":
        return f"this text needs a closing {char}"
    if char == ".":
        return "a dot stands inside a path (properties.total) or a number (0.5) only"
    if char in "[]":
        return "a path has no brackets; an element is written as in properties.tags.0"
    if char.isalpha():
        return f"{char!r} has no place outside quotes; within a path it is written \\{char}"
    return f"{char!r} has no place outside quotes"
