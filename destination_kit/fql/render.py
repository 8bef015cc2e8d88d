"""Nodes to trigger text: the generator behind trigger editors."""

from __future__ import annotations

import re
from typing import Final

from destination_kit._javascript import number_to_string, to_string
from destination_kit.errors import Problem, TriggerError
from destination_kit.fql.nodes import (
    FIELD_BY_KIND,
    NUMERIC_OPERATORS,
    Comparison,
    Node,
    canonical_form,
    operand_to_number,
)
from destination_kit.fql.parser import parse_trigger

_FIXED: Final = {
    "exists": "{} != null",
    "not_exists": "{} = null",
    "is_true": "{} = true",
    "is_false": "{} = false",
}
_CALLS: Final = {
    "contains": "contains({}, {})",
    "starts_with": 'match({}, "{}*")',
    "ends_with": 'match({}, "*{}")',
}
_BARE: Final = re.compile(r"'[^']*\"[^']*'")


def render_trigger(node: Node) -> str:
    """Write a node as text that `parse_trigger` reads back as the same meaning.

    Raises `TriggerError` (code `FQL_UNSAYABLE`) where no text means the node, such as a text with
    a double quote in it; the reference would write something else there without a word.
    """
    said = render_text(node)
    try:
        faithful = canonical_form(parse_trigger(said)) == canonical_form(node)
    except TriggerError:
        faithful = False
    if faithful:
        return said
    raise TriggerError([Problem("", "FQL_UNSAYABLE", f"no trigger says exactly this: {said}")])


def render_text(node: Node) -> str:
    """Write a node as the reference writes it, readable or not."""
    if isinstance(node, Comparison):
        return _comparison(node)
    said = _group(node.operator, node.children)
    lone = node.operator != "not" and said[:1] == "(" and said[-1:] == ")"
    return said[1:-1] if lone and said.count("(") + said.count(")") == len("()") else said


def _group(operator: str, children: tuple[Node, ...]) -> str:
    if operator == "not":
        return f"!({_child(children[0]).removeprefix('(').removesuffix(')')})"
    return f" {operator} ".join(_child(each) for each in children)


def _child(node: Node) -> str:
    if isinstance(node, Comparison):
        return _comparison(node)
    said = _group(node.operator, node.children)
    return said if node.operator == "not" else f"({said})"


def _comparison(node: Comparison) -> str:
    field = _field(node)
    if node.operator in _FIXED:
        return _FIXED[node.operator].format(field)
    call = _CALLS.get(node.operator.removeprefix("not_"))
    if call:
        value = _value(node) if "contains" in node.operator else to_string(node.value)
        negation = "!" if node.operator.startswith("not_") else ""
        return negation + call.format(field, value)
    if node.operator in NUMERIC_OPERATORS:
        sign = {"number_equals": "=", "number_not_equals": "!="}.get(node.operator, node.operator)
        return f"{field} {sign} {number_to_string(operand_to_number(node.value))}"
    return f"{field} {node.operator} {_value(node)}"


def _value(node: Comparison) -> str:
    """Quote a text. One that holds a double quote can only have been written in single ones."""
    said = to_string(node.value)
    bare = isinstance(node.value, bool | int | float) or _BARE.fullmatch(said)
    return said if bare else f'"{said}"'


def _field(node: Comparison) -> str:
    field = FIELD_BY_KIND[node.kind]
    if node.name is None:
        return field
    plain = r"[^A-Za-z0-9_-]" if "" in node.name.split(".") else r"[^A-Za-z0-9._-]"
    return f"{field}." + re.sub(plain, r"\\\g<0>", node.name)
