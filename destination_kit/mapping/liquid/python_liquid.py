"""Parser of templates on top of python-liquid: its blocks and tags, our expressions inside them.

python-liquid (the extra `liquid`) finds the statements of a template and the blocks that tags open
and close. The expressions, filters and values are our own, because the reference runs liquidjs and
python-liquid follows Ruby's Liquid. Numbers, truth, lengths, dates and odd arguments differ, so a
profile of python-liquid would replace nearly every expression and filter. Ours take a fraction of
the time, and their limits also hold inside a filter, where python-liquid's do not look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, TypeAlias

from liquid import Environment, Token
from liquid.ast import Node
from liquid.exceptions import BlockNestingError
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

from destination_kit.mapping.liquid.analysis import TemplateAnalysis
from destination_kit.mapping.liquid.context import Filter, RenderContext, Statement
from destination_kit.mapping.liquid.expression_parser import ExpressionParser
from destination_kit.mapping.liquid.lexer import (
    LiquidSyntaxError,
    TemplateToken,
    tokenize,
    tokenize_lines,
)
from destination_kit.mapping.liquid.utf16 import quote_for_message
from destination_kit.mapping.liquid.values import to_text

#: A tag: it parses its arguments and blocks, and returns the statement that they compile to.
TagCompiler: TypeAlias = "Callable[[TagParser], Statement]"

_KINDS = {"text": TOKEN_CONTENT, "output": TOKEN_OUTPUT, "tag": TOKEN_TAG}
# python-liquid allows 30 nested blocks (`block_nesting_limit`), liquidjs any number. A valid
# template of 1,000 characters nests at most 99, as lines with `if"` and `endif` in a `liquid` tag.
# So 100 refuses none.
_MAX_BLOCK_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Language:
    """The tags and filters of templates, by name.

    They are passed in, because their modules import this one and the expression parser.
    """

    tags: Mapping[str, TagCompiler]
    filters: Mapping[str, Filter]


def parse_template(source: str, language: Language) -> tuple[Statement, TemplateAnalysis]:
    """Return the statement that renders a template, and what is known about it before any event.

    A template that is no Liquid raises a `LiquidSyntaxError`.
    """
    environment = _Environment(source, language)
    try:
        return environment.compile(tokenize(source)), environment.analysis
    except BlockNestingError as error:
        position = error.token.start_index if error.token else 0
        raise LiquidSyntaxError(
            f"more than {_MAX_BLOCK_DEPTH} tags are not closed: close them, as in '{{% endif %}}'",
            position,
        ) from None


class _Environment(Environment):
    """python-liquid's environment of one template, with our tags and nothing else."""

    block_nesting_limit = _MAX_BLOCK_DEPTH

    def __init__(self, source: str, language: Language) -> None:
        self.analysis = TemplateAnalysis()
        self._source = source
        self._filters = language.filters
        super().__init__()
        self.tags |= {name: _Tag(self, compiler) for name, compiler in language.tags.items()}
        self.tags |= {TOKEN_CONTENT: _Text(self), TOKEN_OUTPUT: _Tag(self, _compile_output)}

    def create_expression_parser(self, token: Token) -> ExpressionParser:
        """Return a parser of the content of an expression token."""
        start = token.start_index
        end = start + len(token.value)
        return ExpressionParser(self._source, start, end, self._filters, self.analysis)

    def compile(self, tokens: Iterable[TemplateToken]) -> Statement:
        """Compile tokens to one statement."""
        stream = TokenStream(_convert_tokens(self._source, tokens))
        return _compile_sequence(Parser(self).parse(stream))

    def compile_block(self, stream: TokenStream, ends: tuple[str, ...]) -> Statement:
        """Compile the tokens before a tag of these names."""
        return _compile_sequence(Parser(self).parse_block(stream, ends).nodes)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Register none of python-liquid's tags and filters; `Environment.__init__` calls this."""
        del extra
        self.tags = {TOKEN_ILLEGAL: _Tag(self, _refuse_unknown_tag)}


class BlockEnd(NamedTuple):
    """Tag that ends a block, such as `else` or `endif`."""

    name: str
    #: The index of the tag in the source, for errors.
    position: int
    arguments: ExpressionParser


@dataclass(slots=True)
class TagParser:
    """Parser of one tag: its arguments, and the blocks behind it."""

    #: The name of the tag.
    name: str
    #: The index of the tag in the source, for errors.
    position: int
    #: The parser of what stands behind the name.
    arguments: ExpressionParser
    _stream: TokenStream
    _environment: _Environment

    def compile_block(self, *ends: str) -> Statement:
        """Compile everything before a tag of these names, and stop at that tag."""
        self._stream.next_token()
        self._environment.analysis.block_depth += 1
        block = self._environment.compile_block(self._stream, ends)
        self._environment.analysis.block_depth -= 1
        self._refuse_end_of_template()
        return block

    def read_block_end(self) -> BlockEnd:
        """Consume the tag that a block stopped at, and return it."""
        token = self._stream.next_token()
        arguments = self._environment.create_expression_parser(self._stream.current)
        return BlockEnd(token.value, token.start_index, arguments)

    def skip_to(self, end: str) -> str:
        """Consume everything up to the tag of this name, and return the text before it."""
        # `comment` and `raw` may hold anything. If the tags on the way were parsed, a faulty tag in
        # a comment would fail the template.
        texts = []
        self._stream.next_token()
        while not self._stream.current.is_tag(end):
            self._refuse_end_of_template()
            texts.append(self._stream.next_token().value)
        self._stream.next_token()
        return "".join(texts)

    def compile_lines(self) -> Statement:
        """Compile the tags that stand in the arguments, one a line."""
        arguments = self.arguments
        return self._environment.compile(
            tokenize_lines(arguments.source, arguments.position, arguments.end)
        )

    def _refuse_end_of_template(self) -> None:
        if self._stream.current.kind == TOKEN_EOF:
            raise LiquidSyntaxError(
                f"the tag {self.name!r} is not closed: add '{{% end{self.name} %}}'", self.position
            )


class _CompiledNode(Node):
    """Node of python-liquid's syntax tree that holds our statement."""

    __slots__ = ("statement",)

    def __init__(self, token: Token, statement: Statement) -> None:
        super().__init__(token)
        self.statement = statement

    def render_to_output(self, context: Any, buffer: object) -> int:  # noqa: ARG002 - python-liquid passes a buffer
        """Run the statement, which writes to our context instead of the buffer."""
        self.statement(context)
        return 0


class _Text(Tag):
    def parse(self, stream: TokenStream) -> Node:
        return _CompiledNode(stream.current, _compile_text(stream.current.value))


class _Tag(Tag):
    """Tag of python-liquid that leaves the parsing to one of our tag compilers."""

    def __init__(self, env: _Environment, compiler: TagCompiler) -> None:
        super().__init__(env)
        self._environment, self._compiler = env, compiler

    def parse(self, stream: TokenStream) -> Node:
        token = stream.next_token()
        arguments = self._environment.create_expression_parser(stream.current)
        tag = TagParser(token.value, token.start_index, arguments, stream, self._environment)
        return _CompiledNode(token, self._compiler(tag))


def _compile_sequence(nodes: Iterable[Node]) -> Statement:
    """Return the statement that runs these nodes in order, until one ends the template."""
    statements = [node.statement for node in nodes if isinstance(node, _CompiledNode)]

    def run(context: RenderContext) -> None:
        for statement in statements:
            statement(context)
            if context.is_ended:
                break

    return run


def _compile_output(output: TagParser) -> Statement:
    value = output.arguments.parse_filtered_value()

    def run(context: RenderContext) -> None:
        context.write(to_text(value(context), context.limiter))

    return run


def _compile_text(text: str) -> Statement:
    return lambda context: context.write(text)


def _refuse_unknown_tag(tag: TagParser) -> NoReturn:
    name = quote_for_message(tag.name)
    if tag.name in ("else", "elsif") or tag.name.startswith("end"):
        raise LiquidSyntaxError(f"no open tag here takes {name}: remove it", tag.position)
    raise LiquidSyntaxError(f"there is no tag {name}: check its spelling", tag.position)


def _convert_tokens(source: str, tokens: Iterable[TemplateToken]) -> Iterator[Token]:
    """Yield python-liquid's tokens: one for a text, two for a tag or output and its content."""
    for token in tokens:
        content = source[token.start : token.end]
        if token.kind != "text":
            yield Token(_KINDS[token.kind], token.name, token.opening, source)
            yield Token(TOKEN_EXPRESSION, content, token.start, source)
        elif content:
            yield Token(TOKEN_CONTENT, content, token.start, source)
