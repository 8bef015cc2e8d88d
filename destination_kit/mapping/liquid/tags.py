"""The tags of Liquid, each a function from its reading to what it does in a rendering."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NoReturn

from destination_kit._javascript import to_boolean as is_true_in_javascript, type_name
from destination_kit.mapping.liquid.context import Expression, Rendering
from destination_kit.mapping.liquid.lexer import LiquidSyntaxError
from destination_kit.mapping.liquid.python_liquid import Opening, ReadTag, Run
from destination_kit.mapping.liquid.values import Draft, Word, own, string, text, truthy

DISABLED: Final = ("case", "for", "include", "layout", "render", "tablerow")
_BARE_LINE = re.compile(r"\n\s*[^#\s]")


def _assign(tag: Opening) -> Run:
    name = tag.reader.word() or tag.reader.fail("the name of a variable is expected here")
    tag.reader.skip_blank()
    if tag.reader.peek() != "=":
        tag.reader.fail("'=' is expected here")
    tag.reader.at += 1
    value = tag.reader.filtered()
    tag.reader.facts.set(name)

    def run(rendering: Rendering) -> None:
        rendering.assigned[name] = value(rendering)

    return run


def _capture(tag: Opening) -> Run:
    name = tag.reader.word() or tag.reader.quotation()
    if name is None:
        tag.reader.fail("the name of a variable is expected here")
    block = tag.block("endcapture")
    tag.part()
    tag.reader.facts.set(name)

    def run(rendering: Rendering) -> None:
        outside, rendering.written = rendering.written, []
        block(rendering)
        rendering.assigned[name], rendering.written = rendering.output(), outside

    return run


def _if(tag: Opening) -> Run:
    branches = [(tag.reader.filtered(), tag.block("elsif", "else", "endif"))]
    otherwise: Run = _nothing
    has_else = False
    while True:
        name, reader = tag.part()
        if name == "elsif" and not has_else:
            branches.append((reader.filtered(), tag.block("elsif", "else", "endif")))
            continue
        if name == "elsif" or (name == "else" and has_else) or not reader.is_done():
            reader.fail(f"the tag {name!r} cannot stand here like this")
        if name == "endif":
            return _first_true(branches, otherwise)
        has_else, otherwise = True, tag.block("elsif", "else", "endif")


def _unless(tag: Opening) -> Run:
    """Read `unless`. Of several `else` the first one counts, and so does no `elsif` behind it."""
    condition = tag.reader.filtered()
    ends = ("elsif", "else", "endunless")
    branches: list[tuple[Expression, Run]] = [(_not(condition), tag.block(*ends))]
    otherwise: Run | None = None
    while True:
        name, reader = tag.part()
        if name == "endunless":
            return _first_true(branches, otherwise or _nothing)
        value = reader.filtered() if name == "elsif" and otherwise is None else None
        block = tag.block(*ends)
        if value is not None:
            branches.append((value, block))
        elif otherwise is None:
            otherwise = block


def _not(value: Expression) -> Expression:
    return lambda rendering: not truthy(value(rendering))


def _first_true(branches: list[tuple[Expression, Run]], otherwise: Run) -> Run:
    def run(rendering: Rendering) -> None:
        for condition, block in branches:
            if truthy(condition(rendering)):
                block(rendering)
                return
        otherwise(rendering)

    return run


def _nothing(_rendering: Rendering) -> None:
    return


def _counting(step: int) -> ReadTag:
    """Return the tag that counts up and then on, or first down: a number of the event goes on."""

    def read(tag: Opening) -> Run:
        name = tag.reader.word()
        tag.reader.facts.paths[(name,)] = None
        tag.reader.facts.set(name)

        def run(rendering: Rendering) -> None:
            found: Draft = rendering.counted.get(name, own(rendering.event, name))
            before = found if type_name(found) == "number" else 0
            rendering.counted[name] = before + step
            rendering.write(text(before + min(step, 0), rendering.bounds))

        return run

    return read


def _cycle(tag: Opening) -> Run:
    """Read `cycle`. Cycles of one group and as many candidates share their place, as in liquidjs."""
    reader = tag.reader
    first = reader.value()
    reader.skip_blank()
    is_group = first is not None and reader.peek() == ":"
    reader.at += is_group
    candidates = [] if first is None or is_group else [first]
    while not reader.is_done():
        if (candidate := reader.value()) is not None:
            candidates.append(candidate)
        reader.skip_past(",")
    if not candidates:
        reader.fail("a value is expected here", tag.at)

    def run(rendering: Rendering) -> None:
        group = string(first(rendering), rendering.bounds) if first and is_group else "undefined"
        key = (group, len(candidates))
        at = rendering.cycles.get(key, 0)
        rendering.cycles[key] = (at + 1) % len(candidates)
        value = candidates[at](rendering)
        if isinstance(value, Word) or is_true_in_javascript(value):
            rendering.write(text(value, rendering.bounds))

    return run


def _echo(tag: Opening) -> Run:
    tag.reader.skip_blank()
    if tag.reader.is_done():
        return _nothing
    value = tag.reader.filtered()
    return lambda rendering: rendering.write(text(value(rendering), rendering.bounds))


def _comment(tag: Opening) -> Run:
    tag.skip("endcomment")
    return _nothing


def _inline_comment(tag: Opening) -> Run:
    reader = tag.reader
    if _BARE_LINE.search(reader.source, reader.at, reader.end):
        reader.fail("every line of such a comment starts with '#'")
    return _nothing


def _raw(tag: Opening) -> Run:
    said = tag.skip("endraw")
    return lambda rendering: rendering.write(said)


def _block(tag: Opening) -> Run:
    inner = tag.block("endblock")
    tag.part()

    def run(rendering: Rendering) -> None:
        rendering.blocks += 1
        inner(rendering)
        rendering.blocks -= 1

    return run


def _end(_tag: Opening) -> Run:
    def run(rendering: Rendering) -> None:
        rendering.ended = True

    return run


def _disabled(tag: Opening) -> NoReturn:
    raise LiquidSyntaxError(f"the tag {tag.name!r} is disabled", tag.at)


TAGS: Final[Mapping[str, ReadTag]] = {
    "assign": _assign,
    "capture": _capture,
    "if": _if,
    "unless": _unless,
    "increment": _counting(1),
    "decrement": _counting(-1),
    "cycle": _cycle,
    "echo": _echo,
    "comment": _comment,
    "#": _inline_comment,
    "raw": _raw,
    "block": _block,
    "liquid": Opening.lines,
    "break": _end,
    "continue": _end,
    **dict.fromkeys(DISABLED, _disabled),
}
