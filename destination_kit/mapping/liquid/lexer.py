"""Lexer of templates: text, outputs `{{ }}` and tags `{% %}`, split as liquidjs's `Tokenizer` does.

python-liquid's lexer splits differently: a `}}` inside quotes ends an output there, and an `endraw`
behind a dash ends raw text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, NoReturn

# `TYPES` of liquidjs takes U+180E for a blank, as Unicode did before version 6.3, and U+FEFF for
# part of a word. `\s` of ECMAScript does the opposite for both.
BLANKS: Final = (
    "\t\n\v\f\r \u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
QUOTES: Final = "'\""
# `isWord` of liquidjs takes every character above ASCII for part of a word, except blanks and curly
# double quotes. `\w` would exclude emoji.
_NO_WORD = rf"\x00-\x2c\x2e\x2f\x3a-\x3e\x40\x5b-\x5e\x60\x7b-\x7f{BLANKS}\u201c\u201d"
#: The end of a word, as part of a pattern.
WORD_END: Final = f"(?![^{_NO_WORD}])"
WORD: Final = re.compile(f"[^{_NO_WORD}]*")
BLANK: Final = re.compile(f"[{BLANKS}]*")
_OPENING: Final = re.compile(r"\{%|\{\{")
_ENDRAW: Final = re.compile(f"\\{{%[{BLANKS}]*endraw{WORD_END}")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{0,4})|([0-7]{1,3})|([\s\S]))")
_CONTROL_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class LiquidSyntaxError(Exception):
    """A template is no Liquid."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        #: What is wrong, and what to do.
        self.message = message
        #: The index of the source where it is wrong.
        self.position = position


@dataclass(frozen=True, slots=True)
class TemplateToken:
    """Token of a template."""

    #: What the token is.
    kind: Literal["text", "output", "tag"]
    #: Where the content starts: the text, the expression of an output, or a tag's arguments.
    start: int
    #: Where the content ends.
    end: int
    #: Where the token itself starts, with its delimiter.
    opening: int
    #: The name of a tag.
    name: str = ""
    #: Whether a dash removes the blanks at the end of the text before the token.
    trims_left: bool = False
    #: Whether a dash removes the blanks at the start of the text behind the token.
    trims_right: bool = False


def tokenize(source: str) -> list[TemplateToken]:
    """Return the tokens of a template in order (liquidjs's `readTopLevelTokens`).

    A token without its end raises a `LiquidSyntaxError`.
    """
    return _trim_blanks(source, list(_read_tokens(source)))


def tokenize_lines(source: str, position: int, end: int) -> Iterator[TemplateToken]:
    """Yield the tags inside a `liquid` tag, one a line (liquidjs's `readLiquidTagTokens`)."""
    is_raw = False
    while (position := _skip_blanks(source, position, end)) < end:
        line_end = source.find("\n", position + 1, end) + 1 or end
        tag = _read_tag(source, position, line_end, delimiter_length=0)
        is_raw = tag.name != "endraw" if is_raw else tag.name == "raw"
        is_text = is_raw and tag.name != "raw"
        yield TemplateToken("text", position, line_end, position) if is_text else tag
        position = line_end


def find_quote_end(source: str, position: int, end: int) -> int:
    """Return the index behind the quoted text that starts here (liquidjs's `readQuoted`).

    An unclosed quote extends to the end.
    """
    quote, position = source[position], position + 1
    while position < end:
        char = source[position]
        position += 2 if char == "\\" else 1
        if char == quote:
            break
    return min(position, end)


def unescape_quoted(quoted: str) -> str:
    """Return the text of a quotation without its opening quote (liquidjs's `parseStringLiteral`).

    The last character counts as the closing quote, also where the quote is not closed.
    """
    if "\\" not in quoted:
        return quoted[:-1]
    parts, position, end = [], 0, len(quoted) - 1
    while position < end:
        escape = _ESCAPE.match(quoted, position)
        parts.append(_unescape(escape) if escape else quoted[position])
        position = escape.end() if escape else position + 1
    return "".join(parts)


def _unescape(escape: re.Match[str]) -> str:
    code, octal, char = escape.groups()
    if char is not None:
        return _CONTROL_ESCAPES.get(char, char)
    return chr(int(octal, 8)) if octal else chr(int(code or "0", 16))


def _read_tokens(source: str) -> Iterator[TemplateToken]:
    position = 0
    while position < len(source):
        if source.startswith("{%", position):
            # `readToDelimiter` of liquidjs starts one character in, so `{%}` is a whole tag, whose
            # name is missing. A search from `position + 2` would end it at the next tag's `%}`.
            end = _find_end_of(source, "%}", position + 1)
            end = end or _fail("this tag is not closed: '%}' is missing", position)
            tag = _read_tag(source, position, end)
            yield tag
            if tag.name == "raw":
                yield from _read_raw(source, end, position)
                end = _find_end_of(source, "%}", _find_endraw(source, end, position))
        elif source.startswith("{{", position):
            end = _find_output_end(source, position)
            yield _read_delimited("output", source, position, end)
        else:
            opening = _OPENING.search(source, position)
            end = opening.start() if opening else len(source)
            yield TemplateToken("text", position, end, position)
        position = end


def _find_end_of(source: str, delimiter: str, position: int) -> int:
    """Return the index behind a delimiter, 0 if it is missing."""
    start = source.find(delimiter, position)
    return 0 if start < 0 else start + len(delimiter)


def _fail(message: str, position: int) -> NoReturn:
    raise LiquidSyntaxError(message, position)


def _find_output_end(source: str, start: int) -> int:
    """Return the index behind `}}`. Delimiters inside quotes do not count, unlike in a tag."""
    position = start
    while position < len(source):
        if source[position] in QUOTES:
            position = find_quote_end(source, position, len(source))
            continue
        position += 1
        if source.startswith("}}", position - 2):
            return position
    _fail("this output is not closed: '}}' is missing", start)


def _read_raw(source: str, position: int, opening: int) -> Iterator[TemplateToken]:
    start = _find_endraw(source, position, opening)
    yield TemplateToken("text", position, start, position)
    yield _read_tag(source, start, _find_end_of(source, "%}", start + 1))


def _find_endraw(source: str, position: int, opening: int) -> int:
    """Return the index of the tag that ends raw text (liquidjs's `readEndrawOrRawContent`).

    An `endraw` behind a dash does not count. In `{% endraw {% endraw %}` the first one counts.
    """
    start = -1
    for endraw in _ENDRAW.finditer(source, position):
        closing = source.find("%}", endraw.end())
        next_opening = source.find("{%", endraw.end())
        start = endraw.start() if start < 0 else start
        if closing >= 0 and not 0 <= next_opening < closing:
            return start
        if not _ENDRAW.match(source, next_opening):
            start = -1
    _fail("the tag 'raw' is not closed: add '{% endraw %}'", opening)


def _read_tag(source: str, start: int, end: int, *, delimiter_length: int = 2) -> TemplateToken:
    """Return a tag. One inside a `liquid` tag has no delimiters."""
    tag = _read_delimited("tag", source, start, end, delimiter_length=delimiter_length)
    position = _skip_blanks(source, tag.start, tag.end)
    if position < tag.end and source[position] == "#":
        name_end = position + 1  # `readTagName` of liquidjs needs no blank, as in `{%#note%}`
    else:
        word = WORD.match(source, position, max(position, tag.end))
        name_end = word.end() if word else position
    if name_end == position:
        _fail("the name of the tag is missing, such as 'if' or 'assign'", start)
    arguments = _skip_blanks(source, name_end, tag.end)
    return replace(tag, start=arguments, name=source[position:name_end])


def _read_delimited(
    kind: Literal["output", "tag"],
    source: str,
    opening: int,
    end: int,
    *,
    delimiter_length: int = 2,
) -> TemplateToken:
    """Return a token without its delimiters, dashes and outer blanks (liquidjs's `DelimitedToken`)."""
    start, stop = opening + delimiter_length, end - delimiter_length
    trims_left, trims_right = source.startswith("-", start), stop > 0 and source[stop - 1] == "-"
    start = _skip_blanks(source, start + trims_left, stop - trims_right)
    stop -= trims_right
    while stop > start and source[stop - 1] in BLANKS:
        stop -= 1
    trims = bool(delimiter_length)
    return TemplateToken(
        kind, start, stop, opening, "", trims_left and trims, trims_right and trims
    )


def _skip_blanks(source: str, position: int, end: int) -> int:
    blanks = BLANK.match(source, position, end) if position < end else None
    return blanks.end() if blanks else position


def _trim_blanks(source: str, tokens: list[TemplateToken]) -> list[TemplateToken]:
    """Apply the dashes of tags and outputs to the texts beside them (liquidjs's `whiteSpaceCtrl`).

    Dashes do not reach into raw text.
    """
    is_raw = False
    for index, token in enumerate(tokens):
        if token.kind == "text":
            continue
        if token.trims_left and not is_raw and index:
            tokens[index - 1] = _trim_text(source, tokens[index - 1], at_start=False)
        is_raw = token.name == "raw" or (is_raw and token.name != "endraw")
        if token.trims_right and not is_raw and index + 1 < len(tokens):
            tokens[index + 1] = _trim_text(source, tokens[index + 1], at_start=True)
    return tokens


def _trim_text(source: str, token: TemplateToken, *, at_start: bool) -> TemplateToken:
    if token.kind != "text":
        return token
    start, end = token.start, token.end
    if at_start:
        start = _skip_blanks(source, start, end)
    while not at_start and end > start and source[end - 1] in BLANKS:
        end -= 1
    return replace(token, start=start, end=end)
