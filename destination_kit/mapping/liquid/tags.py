"""Tags of Liquid: each function parses one tag and returns its statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NoReturn

from destination_kit._javascript import type_name
from destination_kit.mapping.liquid.context import Expression, RenderContext, Statement
from destination_kit.mapping.liquid.expression_parser import ExpressionParser
from destination_kit.mapping.liquid.lexer import LiquidSyntaxError
from destination_kit.mapping.liquid.python_liquid import BlockEnd, TagCompiler, TagParser
from destination_kit.mapping.liquid.utf16 import quote_for_message
from destination_kit.mapping.liquid.values import (
    LiquidValue,
    get_own_property,
    is_truthy,
    to_boolean,
    to_string,
    to_text,
)

#: `disabledTags` of the reference.
DISABLED_TAGS: Final = ("case", "for", "include", "layout", "render", "tablerow")
_LINE_WITHOUT_HASH = re.compile(r"\n\s*[^#\s]")


def _compile_assign(tag: TagParser) -> Statement:
    arguments = tag.arguments
    name = arguments.read_word() or arguments.fail_expecting("the name of a variable")
    arguments.skip_blanks()
    if arguments.peek() != "=":
        arguments.fail_expecting(f"'=' after the variable {quote_for_message(name)}")
    arguments.position += 1
    value = arguments.parse_filtered_value()
    arguments.analysis.record_assignment(name)

    def run(context: RenderContext) -> None:
        context.variables[name] = value(context)

    return run


def _compile_capture(tag: TagParser) -> Statement:
    name = tag.arguments.read_word() or tag.arguments.read_quoted()
    if name is None:
        tag.arguments.fail_expecting("the name of a variable")
    block = tag.compile_block("endcapture")
    tag.read_block_end()
    tag.arguments.analysis.record_assignment(name)

    def run(context: RenderContext) -> None:
        outer_output, context.output = context.output, []
        block(context)
        context.variables[name], context.output = context.join_output(), outer_output

    return run


def _compile_if(tag: TagParser) -> Statement:
    ends = ("elsif", "else", "endif")
    branches = [(tag.arguments.parse_filtered_value(), tag.compile_block(*ends))]
    otherwise: Statement | None = None
    while True:
        end = tag.read_block_end()
        if end.name == "elsif" and otherwise is None:
            branches.append((end.arguments.parse_filtered_value(), tag.compile_block(*ends)))
            continue
        _check_block_end(end, has_else=otherwise is not None)
        if end.name == "endif":
            return _compile_branches(branches, otherwise or _do_nothing)
        otherwise = tag.compile_block(*ends)


def _check_block_end(end: BlockEnd, *, has_else: bool) -> None:
    """Refuse what the `IfTag` of liquidjs refuses. Its `UnlessTag` allows all of that."""
    if has_else and end.name != "endif":
        message = f"the tag {end.name!r} cannot follow 'else': remove one of them"
        raise LiquidSyntaxError(message, end.position)
    if not end.arguments.is_at_end():
        end.arguments.fail(f"the tag {end.name!r} takes no arguments: remove them")


def _compile_unless(tag: TagParser) -> Statement:
    """Compile `unless`. After the first `else`, every further `else` and `elsif` is ignored."""
    ends = ("elsif", "else", "endunless")
    condition = _negate(tag.arguments.parse_filtered_value())
    branches: list[tuple[Expression, Statement]] = [(condition, tag.compile_block(*ends))]
    otherwise: Statement | None = None
    while True:
        end = tag.read_block_end()
        if end.name == "endunless":
            return _compile_branches(branches, otherwise or _do_nothing)
        is_branch = end.name == "elsif" and otherwise is None
        value = end.arguments.parse_filtered_value() if is_branch else None
        block = tag.compile_block(*ends)
        if value is not None:
            branches.append((value, block))
        elif otherwise is None:
            otherwise = block


def _negate(value: Expression) -> Expression:
    return lambda context: not is_truthy(value(context))


def _compile_branches(
    branches: list[tuple[Expression, Statement]], otherwise: Statement
) -> Statement:
    def run(context: RenderContext) -> None:
        for condition, block in branches:
            if is_truthy(condition(context)):
                block(context)
                return
        otherwise(context)

    return run


def _do_nothing(_context: RenderContext) -> None:
    return


def _create_counter(step: int) -> TagCompiler:
    """Return `increment` or `decrement`. A counter goes on from a number of the event.

    liquidjs writes the old number when it counts up, and the new one when it counts down.
    """

    def compile_counter(tag: TagParser) -> Statement:
        name = tag.arguments.read_word()
        # `record_path` would skip a name that `assign` has set. A counter ignores variables and
        # reads the event.
        tag.arguments.analysis.paths[(name,)] = None
        tag.arguments.analysis.record_assignment(name)

        def run(context: RenderContext) -> None:
            value: LiquidValue = context.counters.get(name, get_own_property(context.event, name))
            number = value if type_name(value) == "number" else 0
            context.counters[name] = number + step
            context.write(to_text(number + min(step, 0), context.limiter))

        return run

    return compile_counter


def _compile_cycle(tag: TagParser) -> Statement:
    """Compile `cycle`. Cycles share a position if their group and number of candidates are equal.

    The fingerprint of liquidjs joins its candidates as objects, so their texts do not count.
    """
    first, group = _parse_cycle_start(tag.arguments)
    candidates = [] if first is None else [first]
    while not tag.arguments.is_at_end():
        if (candidate := tag.arguments.parse_value()) is not None:
            candidates.append(candidate)
        tag.arguments.skip_past(",")
    if not candidates:
        tag.arguments.fail("the tag 'cycle' needs a value: add one", tag.position)

    def run(context: RenderContext) -> None:
        group_name = to_string(group(context), context.limiter) if group else "undefined"
        key = (group_name, len(candidates))
        position = context.cycle_positions.get(key, 0)
        context.cycle_positions[key] = (position + 1) % len(candidates)
        value = candidates[position](context)
        # `renderTemplates` of liquidjs tests a result for truth before it writes it, so `{% cycle 0
        # %}` writes nothing.
        if to_boolean(value):
            context.write(to_text(value, context.limiter))

    return run


def _parse_cycle_start(arguments: ExpressionParser) -> tuple[Expression | None, Expression | None]:
    """Return the first candidate and the group of `cycle`; a group stands before a colon."""
    value = arguments.parse_value()
    arguments.skip_blanks()
    if value is None or arguments.peek() != ":":
        return value, None
    arguments.position += 1
    return None, value


def _compile_echo(tag: TagParser) -> Statement:
    tag.arguments.skip_blanks()
    if tag.arguments.is_at_end():
        return _do_nothing
    value = tag.arguments.parse_filtered_value()
    return lambda context: context.write(to_text(value(context), context.limiter))


def _compile_comment(tag: TagParser) -> Statement:
    tag.skip_to("endcomment")
    return _do_nothing


def _compile_inline_comment(tag: TagParser) -> Statement:
    arguments = tag.arguments
    if _LINE_WITHOUT_HASH.search(arguments.source, arguments.position, arguments.end):
        arguments.fail("every line of a comment with '#' starts with '#': add it", tag.position)
    return _do_nothing


def _compile_raw(tag: TagParser) -> Statement:
    text = tag.skip_to("endraw")
    return lambda context: context.write(text)


def _compile_block(tag: TagParser) -> Statement:
    """Compile `block`, which renders in place: the layouts that could replace it are disabled."""
    block = tag.compile_block("endblock")
    tag.read_block_end()

    def run(context: RenderContext) -> None:
        context.block_depth += 1
        block(context)
        context.block_depth -= 1

    return run


def _compile_break(_tag: TagParser) -> Statement:
    """Compile `break` or `continue`. There are no loops, and outside of them both end the template."""

    def run(context: RenderContext) -> None:
        context.is_ended = True

    return run


def _refuse_disabled(tag: TagParser) -> NoReturn:
    raise LiquidSyntaxError(f"the tag {tag.name!r} is disabled: remove it", tag.position)


TAGS: Final[Mapping[str, TagCompiler]] = {
    "assign": _compile_assign,
    "capture": _compile_capture,
    "if": _compile_if,
    "unless": _compile_unless,
    "increment": _create_counter(1),
    "decrement": _create_counter(-1),
    "cycle": _compile_cycle,
    "echo": _compile_echo,
    "comment": _compile_comment,
    "#": _compile_inline_comment,
    "raw": _compile_raw,
    "block": _compile_block,
    "liquid": TagParser.compile_lines,
    "break": _compile_break,
    "continue": _compile_break,
    **dict.fromkeys(DISABLED_TAGS, _refuse_disabled),
}
