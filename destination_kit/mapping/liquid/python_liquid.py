"""Liquid templates on python-liquid's parser: its blocks and tags, with liquidjs's grammar in them.

python-liquid (the extra `liquid`) puts templates together from blocks and tags. What stands inside
outputs and tags, and what becomes of values, is ours: hardly one of its expressions and filters
answers as liquidjs does (numbers, truth, lengths, dates, odd arguments), so that a profile would
have to replace each of them anyway; ours take a fraction of the time, and their bounds hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from liquid import Environment, Token
from liquid.ast import Node
from liquid.builtin.illegal import Illegal
from liquid.exceptions import LiquidError
from liquid.parser import Parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import (
    TOKEN_CONTENT,
    TOKEN_EOF,
    TOKEN_EXPRESSION,
    TOKEN_ILLEGAL,
    TOKEN_OUTPUT,
    TOKEN_TAG,
)

from destination_kit.mapping.liquid.context import Facts, Filter, Rendering
from destination_kit.mapping.liquid.expression_parser import Reader
from destination_kit.mapping.liquid.lexer import LiquidSyntaxError, Piece, lines, scan
from destination_kit.mapping.liquid.values import text

Run: TypeAlias = Callable[[Rendering], None]
ReadTag: TypeAlias = "Callable[[Opening], Run]"

_KINDS = {"text": TOKEN_CONTENT, "output": TOKEN_OUTPUT, "tag": TOKEN_TAG}


@dataclass(frozen=True, slots=True)
class Language:
    """The tags and filters that a template may use."""

    tags: Mapping[str, ReadTag]
    filters: Mapping[str, Filter]


def parse(source: str, language: Language) -> tuple[Run, Facts]:
    """Return what renders a template, and what is known of it; `LiquidSyntaxError` where it is none."""
    profile = _Profile(source, language)
    try:
        return profile.run(scan(source)), profile.facts
    except LiquidError as error:
        at = error.token.start_index if error.token else 0
        raise LiquidSyntaxError(str(error.message), at) from None


class _Profile(Environment):
    """python-liquid's environment of one template: our tags and nothing else."""

    block_nesting_limit = 100  # no template within its length has as many blocks in blocks

    def __init__(self, source: str, language: Language) -> None:
        self.facts = Facts()
        self._source = source
        self._filters = language.filters
        super().__init__()
        self.tags |= {name: _Tag(self, read) for name, read in language.tags.items()}
        self.tags |= {TOKEN_CONTENT: _Text(self), TOKEN_OUTPUT: _Tag(self, _read_output)}

    def reader(self, token: Token) -> Reader:
        """Return a reader of what an expression token holds."""
        at = token.start_index
        return Reader(self._source, at, at + len(token.value), self._filters, self.facts)

    def run(self, pieces: Iterable[Piece]) -> Run:
        """Return what renders these pieces."""
        stream = TokenStream(_tokens(self._source, pieces))
        return run_all(Parser(self).parse(stream))

    def block(self, stream: TokenStream, ends: tuple[str, ...]) -> Run:
        """Return what renders the pieces before one of these tags."""
        return run_all(Parser(self).parse_block(stream, ends).nodes)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Keep only what says that a tag is unknown."""
        del extra
        self.tags = {TOKEN_ILLEGAL: Illegal(self)}


@dataclass(slots=True)
class Opening:
    """A tag that is being read: its arguments, and the way to the blocks behind it."""

    name: str
    at: int
    reader: Reader
    _stream: TokenStream
    _profile: _Profile

    def block(self, *ends: str) -> Run:
        """Read what stands before one of these tags, and go on to that tag."""
        self._stream.next_token()
        self._profile.facts.blocks += 1
        run = self._profile.block(self._stream, ends)
        self._profile.facts.blocks -= 1
        self._not_at_the_end()
        return run

    def part(self) -> tuple[str, Reader]:
        """Return the name and the arguments of the tag that ended the block."""
        name = self._stream.next_token().value
        return name, self._profile.reader(self._stream.current)

    def skip(self, end: str) -> str:
        """Pass over everything to this tag, and return the text in it."""
        passed = []
        self._stream.next_token()
        while not self._stream.current.is_tag(end):
            self._not_at_the_end()
            passed.append(self._stream.next_token().value)
        self._stream.next_token()
        return "".join(passed)

    def lines(self) -> Run:
        """Read the tags that stand in the arguments, one to a line."""
        reader = self.reader
        return self._profile.run(lines(reader.source, reader.at, reader.end))

    def _not_at_the_end(self) -> None:
        if self._stream.current.kind == TOKEN_EOF:
            raise LiquidSyntaxError(f"the tag {self.name!r} is not closed", self.at)


class _Rendered(Node):
    """A node of a template, already compiled."""

    __slots__ = ("run",)

    def __init__(self, token: Token, run: Run) -> None:
        super().__init__(token)
        self.run = run

    def render_to_output(self, context: Any, buffer: object) -> int:  # noqa: ARG002 - the library's
        """Render the node; it writes to the rendering, not to a buffer."""
        self.run(context)
        return 0


class _Text(Tag):
    block = False

    def parse(self, stream: TokenStream) -> Node:
        return _Rendered(stream.current, _writer(stream.current.value))


class _Tag(Tag):
    block = False

    def __init__(self, env: _Profile, read: ReadTag) -> None:
        super().__init__(env)
        self._profile, self._read = env, read

    def parse(self, stream: TokenStream) -> Node:
        token = stream.next_token()
        reader = self._profile.reader(stream.current)
        opening = Opening(token.value, token.start_index, reader, stream, self._profile)
        return _Rendered(token, self._read(opening))


def run_all(nodes: Iterable[Node]) -> Run:
    """Return what runs these nodes in order, until one ends the template."""
    runs = [node.run for node in nodes if isinstance(node, _Rendered)]

    def run(rendering: Rendering) -> None:
        for each in runs:
            each(rendering)
            if rendering.ended:
                break

    return run


def _read_output(output: Opening) -> Run:
    value = output.reader.filtered()

    def run(rendering: Rendering) -> None:
        rendering.write(text(value(rendering), rendering.bounds))

    return run


def _writer(said: str) -> Run:
    return lambda rendering: rendering.write(said)


def _tokens(source: str, pieces: Iterable[Piece]) -> Iterator[Token]:
    """Yield python-liquid's tokens: text alone, anything else before what it says."""
    for each in pieces:
        said = source[each.at : each.end]
        if each.kind != "text":
            yield Token(_KINDS[each.kind], each.name, each.at, source)
            yield Token(TOKEN_EXPRESSION, said, each.at, source)
        elif said:
            yield Token(TOKEN_CONTENT, said, each.at, source)
