"""Rendering of nodes as trigger text, for trigger editors."""

from __future__ import annotations

import re
from typing import Final

from destination_kit._javascript import number_to_string, to_string
from destination_kit.errors import Problem, TriggerError
from destination_kit.fql.functions import CALL_FORMATS
from destination_kit.fql.nodes import (
    FIELD_BY_KIND,
    NUMERIC_OPERATORS,
    Comparison,
    Node,
    canonical_form,
    operand_to_number,
)
from destination_kit.fql.parser import parse_trigger

_UNARY_FORMATS: Final = {
    "exists": "{} != null",
    "not_exists": "{} = null",
    "is_true": "{} = true",
    "is_false": "{} = false",
}
_SINGLE_QUOTED: Final = re.compile(r"'[^']*\"[^']*'")


def render_trigger(node: Node) -> str:
    """Return the text that `parse_trigger` reads as the same trigger.

    Raises `TriggerError` (code `FQL_UNSAYABLE`) if there is none, as for a value with a double
    quote in it. The reference writes another trigger in that case.
    """
    text = render_text(node)
    try:
        is_faithful = canonical_form(parse_trigger(text)) == canonical_form(node)
    except TriggerError:
        is_faithful = False
    if is_faithful:
        return text
    message = f"no trigger text has exactly this meaning; the nearest is: {text}"
    raise TriggerError([Problem("", "FQL_UNSAYABLE", message)])


def render_text(node: Node) -> str:
    """Return the text that the reference writes, whether it can be read again or not."""
    if isinstance(node, Comparison):
        return _render_comparison(node)
    text = _render_group(node.operator, node.children)
    # The reference removes the outer parentheses only if the text has no others, even in a value or
    # a call (`numberOfParens` in generate-fql.js).
    is_enclosed = node.operator != "not" and text[:1] == "(" and text[-1:] == ")"
    return text[1:-1] if is_enclosed and text.count("(") + text.count(")") == len("()") else text


def _render_group(operator: str, children: tuple[Node, ...]) -> str:
    if operator == "not":
        [child] = children
        return f"!({_render_child(child).removeprefix('(').removesuffix(')')})"
    return f" {operator} ".join(_render_child(child) for child in children)


def _render_child(node: Node) -> str:
    if isinstance(node, Comparison):
        return _render_comparison(node)
    text = _render_group(node.operator, node.children)
    return text if node.operator == "not" else f"({text})"


def _render_comparison(node: Comparison) -> str:
    field = _render_field(node)
    if node.operator in _UNARY_FORMATS:
        return _UNARY_FORMATS[node.operator].format(field)
    call_format = CALL_FORMATS.get(node.operator.removeprefix("not_"))
    if call_format:
        is_quoted = '"' in call_format
        value = to_string(node.value) if is_quoted else _render_value(node)
        negation = "!" if node.operator.startswith("not_") else ""
        return negation + call_format.format(field, value)
    if node.operator in NUMERIC_OPERATORS:
        sign = {"number_equals": "=", "number_not_equals": "!="}.get(node.operator, node.operator)
        return f"{field} {sign} {number_to_string(operand_to_number(node.value))}"
    return f"{field} {node.operator} {_render_value(node)}"


def _render_value(node: Comparison) -> str:
    text = to_string(node.value)
    # The value of 'a"b' keeps its single quotes (`_parse_literal`). In double quotes, it would end
    # at the inner double quote.
    is_bare = isinstance(node.value, bool | int | float) or _SINGLE_QUOTED.fullmatch(text)
    return text if is_bare else f'"{text}"'


def _render_field(node: Comparison) -> str:
    field = FIELD_BY_KIND[node.kind]
    if node.name is None:
        return field
    # The parser refuses an empty segment, as in `a..b`. As `a\.\.b` the same name is one segment.
    has_empty_segment = "" in node.name.split(".")
    special = r"[^A-Za-z0-9_-]" if has_empty_segment else r"[^A-Za-z0-9._-]"
    return f"{field}." + re.sub(special, r"\\\g<0>", node.name)
