"""Takes a template apart into text, outputs and tags, where liquidjs does, with its blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, NoReturn

BLANKS: Final = (
    "\t\n\v\f\r \u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
QUOTES: Final = "'\""
_NO_WORD = rf"\x00-\x2c\x2e\x2f\x3a-\x3e\x40\x5b-\x5e\x60\x7b-\x7f{BLANKS}\u201c\u201d"
WORD_ENDS: Final = f"(?![^{_NO_WORD}])"
WORD: Final = re.compile(f"[^{_NO_WORD}]*")
BLANK: Final = re.compile(f"[{BLANKS}]*")
_LEFT: Final = re.compile(r"\{%|\{\{")
_ENDRAW: Final = re.compile(f"\\{{%[{BLANKS}]*endraw{WORD_ENDS}")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{0,4})|([0-7]{1,3})|([\s\S]))")
_CONTROLS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class LiquidSyntaxError(Exception):
    """A template that cannot be read, and the place in it."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a template: text, an output, or a tag; `at` and `end` bound what it says.

    Of a tag that is what follows its `name`. `trims_left` and `trims_right` ask for blanks beside
    it to go.
    """

    kind: Literal["text", "output", "tag"]
    at: int
    end: int
    name: str = ""
    trims_left: bool = False
    trims_right: bool = False


def scan(source: str) -> list[Piece]:
    """Return the pieces of a template in order; one that is not closed is a `LiquidSyntaxError`."""
    return _trimmed(source, list(_pieces(source)))


def past_quotation(source: str, at: int, end: int) -> int:
    """Return where the quotation that starts here is over; one that is not closed has all."""
    quote, at = source[at], at + 1
    while at < end:
        char = source[at]
        at += 2 if char == "\\" else 1
        if char == quote:
            break
    return min(at, end)


def unescaped(quoted: str) -> str:
    """Return what stands in a quotation, whose last character closes it, whatever it is."""
    if "\\" not in quoted:
        return quoted[:-1]
    parts, at, end = [], 0, len(quoted) - 1
    while at < end:
        found = _ESCAPE.match(quoted, at)
        parts.append(_escaped(found) if found else quoted[at])
        at = found.end() if found else at + 1
    return "".join(parts)


def _escaped(found: re.Match[str]) -> str:
    code, octal, char = found.groups()
    if char is not None:
        return _CONTROLS.get(char, char)
    return chr(int(octal, 8)) if octal else chr(int(code or "0", 16))


def lines(source: str, at: int, end: int) -> Iterator[Piece]:
    """Yield the tags of a `liquid` tag, one to a line."""
    is_raw = False
    while (at := _past_blanks(source, at, end)) < end:
        line_end = source.find("\n", at + 1, end) + 1 or end
        tag = _tag(source, at, line_end, marks=0)
        is_raw = tag.name != "endraw" if is_raw else tag.name == "raw"
        yield Piece("text", at, line_end) if is_raw and tag.name != "raw" else tag
        at = line_end


def _pieces(source: str) -> Iterator[Piece]:
    at = 0
    while at < len(source):
        if source.startswith("{%", at):
            end = _past(source, "%}", at + 1) or _not_closed("this tag", at)
            piece = _tag(source, at, end)
            yield piece
            if piece.name == "raw":
                yield from _raw(source, end)
                end = _past(source, "%}", _endraw(source, end))
        elif source.startswith("{{", at):
            end = _output_end(source, at)
            yield _delimited("output", source, at, end)
        else:
            found = _LEFT.search(source, at)
            end = found.start() if found else len(source)
            yield Piece("text", at, end)
        at = end


def _past(source: str, mark: str, at: int) -> int:
    found = source.find(mark, at)
    return 0 if found < 0 else found + len(mark)


def _not_closed(what: str, at: int) -> NoReturn:
    raise LiquidSyntaxError(f"{what} is not closed", at)


def _output_end(source: str, start: int) -> int:
    at = start
    while at < len(source):
        if source[at] in QUOTES:
            at = past_quotation(source, at, len(source))
            continue
        at += 1
        if source.startswith("}}", at - 2):
            return at
    _not_closed("this output", start)


def _raw(source: str, at: int) -> Iterator[Piece]:
    start = _endraw(source, at)
    yield Piece("text", at, start)
    yield _tag(source, start, _past(source, "%}", start + 1))


def _endraw(source: str, at: int) -> int:
    """Return where the end of raw text starts; a dash before `endraw` does not end it."""
    start = -1
    for found in _ENDRAW.finditer(source, at):
        closed = source.find("%}", found.end())
        opened = source.find("{%", found.end())
        start = found.start() if start < 0 else start
        if closed >= 0 and not 0 <= opened < closed:
            return start
        if not _ENDRAW.match(source, opened):
            start = -1
    _not_closed("this raw text", at)


def _tag(source: str, start: int, end: int, *, marks: int = 2) -> Piece:
    piece = _delimited("tag", source, start, end, marks=marks)
    at = _past_blanks(source, piece.at, piece.end)
    if at < piece.end and source[at] == "#":
        name_end = at + 1
    else:
        found = WORD.match(source, at, max(at, piece.end))
        name_end = found.end() if found else at
    if name_end == at:
        raise LiquidSyntaxError("the name of a tag is expected here", start)
    arguments = _past_blanks(source, name_end, piece.end)
    return replace(piece, at=arguments, name=source[at:name_end])


def _delimited(
    kind: Literal["output", "tag"], source: str, start: int, end: int, *, marks: int = 2
) -> Piece:
    at, stop = start + marks, end - marks
    left, right = source.startswith("-", at), stop > 0 and source[stop - 1] == "-"
    at, stop = at + left, stop - right
    at = _past_blanks(source, at, stop)
    while stop > at and source[stop - 1] in BLANKS:
        stop -= 1
    trims = bool(marks)
    return Piece(kind, at, stop, "", left and trims, right and trims)


def _past_blanks(source: str, at: int, end: int) -> int:
    found = BLANK.match(source, at, end) if at < end else None
    return found.end() if found else at


def _trimmed(source: str, pieces: list[Piece]) -> list[Piece]:
    """Return the pieces with text cut where a dash beside it asks for that; not in raw text."""
    is_raw = False
    for number, piece in enumerate(pieces):
        if piece.kind == "text":
            continue
        if piece.trims_left and not is_raw and number:
            pieces[number - 1] = _cut(source, pieces[number - 1], left=False)
        is_raw = piece.name == "raw" or (is_raw and piece.name != "endraw")
        if piece.trims_right and not is_raw and number + 1 < len(pieces):
            pieces[number + 1] = _cut(source, pieces[number + 1], left=True)
    return pieces


def _cut(source: str, piece: Piece, *, left: bool) -> Piece:
    if piece.kind != "text":
        return piece
    at, end = piece.at, piece.end
    if left:
        at = _past_blanks(source, at, end)
    while not left and end > at and source[end - 1] in BLANKS:
        end -= 1
    return replace(piece, at=at, end=end)
