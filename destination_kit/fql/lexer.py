"""Lexer of FQL: from trigger text to tokens, lazily and in linear time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from destination_kit._caret import point_at
from destination_kit.errors import Problem, TriggerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK: Final = r"[ \t\r\n]*+"
_SEGMENT_CHAR: Final = r"(?:[A-Za-z0-9_-]|\\[\s\S])"
_SEGMENT: Final = re.compile(rf"{_SEGMENT_CHAR}+")
_ESCAPE: Final = re.compile(r"\\([\s\S])")
# Possessive quantifiers spare the attempts with fewer characters, which fail too. The quantifiers
# of groups, as in `(...)*`, are not possessive: Python before 3.11.5 can match too much there
# (https://github.com/python/cpython/issues/106052).
_TOKEN: Final = re.compile(
    rf"""(?P<word>(?:[A-Za-z_]|\\[\s\S]){_SEGMENT_CHAR}*(?:{_BLANK}\.{_BLANK}{_SEGMENT_CHAR}+)*)
    |(?P<string>"[^"]*+"|'[^']*+')
    |(?P<number>[+-]?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)
    |(?P<operator>!?[=<>]++)
    |(?P<mark>[!(),])""",
    re.VERBOSE,
)
_LOGICAL_SIGNS: Final = {"&": "and", "|": "or"}
_SPACE: Final = re.compile(r"[ \t\r\n]*+")


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a trigger."""

    #: `word`, `string`, `number`, `operator` or `end`; for marks, `and` and `or` the text itself.
    kind: str
    #: The text as it is written.
    text: str
    #: Index of the first character in the trigger.
    start: int

    @property
    def end(self) -> int:
        """Index behind the last character."""
        return self.start + len(self.text)


def tokenize(source: str) -> Iterator[Token]:
    """Yield the tokens of a trigger, the last of kind `end`.

    A dotted path is one `word`, so that its segments can be numbers and keywords. Raises
    `TriggerError` at the first character that starts no token.
    """
    index = _skip_blank(source, 0)
    while index < len(source):
        match = _TOKEN.match(source, index)
        if match is None:
            raise syntax_error(source, index, _explain_character(source[index]))
        token = Token(_token_kind(match), match[0], index)
        yield token
        index = _skip_blank(source, token.end)
    yield Token("end", "", len(source))


def unescape_path(token: Token) -> str:
    """Return the path of a `word` token: its segments without escapes, joined by dots."""
    return ".".join(_ESCAPE.sub(r"\1", segment) for segment in _SEGMENT.findall(token.text))


def syntax_error(source: str, index: int, message: str, code: str = "FQL_SYNTAX") -> TriggerError:
    """Return the error that shows `source` with a caret under `index`."""
    return TriggerError([Problem("", code, point_at(source, index, message))])


def _skip_blank(source: str, index: int) -> int:
    match = _SPACE.match(source, index)
    return match.end() if match else index


def _token_kind(match: re.Match[str]) -> str:
    is_keyword = match.lastgroup == "mark" or match["word"] in {"and", "or"}
    return match[0] if is_keyword else str(match.lastgroup)


def _explain_character(char: str) -> str:
    if char in "\"'":
        return f"this text needs a closing {char}"
    if char == ".":
        return "unexpected '.': a dot belongs in a path (properties.total) or a number (0.5)"
    if char in "[]":
        return "a path has no brackets; an element is written as in properties.tags.0"
    if char in _LOGICAL_SIGNS:
        return f"there is no operator {char * 2}: write {_LOGICAL_SIGNS[char]}"
    if char.isalpha():
        return f"unexpected {char!r}: put text in double quotes, or write \\{char} in a path"
    return f"unexpected {char!r}: put text in double quotes"
