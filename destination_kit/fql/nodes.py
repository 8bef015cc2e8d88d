"""What a trigger is once it is read: groups of comparisons, in the reference's own terms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from destination_kit._javascript import number_to_string, string_to_number, to_string
from destination_kit._json import MISSING, Missing

GroupOperator: TypeAlias = 'Literal["and", "or", "not"]'
Operand: TypeAlias = "str | int | float | bool | Missing | None"

KIND_BY_FIELD: Final = {
    "type": "event-type",
    "event": "event",
    "name": "name",
    "userId": "userId",
    "properties": "event-property",
    "traits": "event-trait",
    "context": "event-context",
}
FIELD_BY_KIND: Final = {kind: field for field, kind in KIND_BY_FIELD.items()}
KINDS_WITH_PATH: Final = frozenset({"event-property", "event-trait", "event-context"})

ORDER_OPERATORS: Final = frozenset({"<", "<=", ">", ">="})
NUMERIC_OPERATORS: Final = ORDER_OPERATORS | {"number_equals", "number_not_equals"}
TEXT_OPERATORS: Final = frozenset(
    {"=", "!=", "contains", "not_contains", "starts_with", "not_starts_with"}
    | {"ends_with", "not_ends_with"}
)
UNARY_OPERATORS: Final = frozenset({"exists", "not_exists", "is_true", "is_false"})
OPERATORS: Final = NUMERIC_OPERATORS | TEXT_OPERATORS | UNARY_OPERATORS

# The pairs that the language itself treats as opposites. A negated call is false for a value that
# is not text, and stays so however the negation is written.
_OPPOSITES: Final = {
    "=": "!=",
    "exists": "not_exists",
    "contains": "not_contains",
    "starts_with": "not_starts_with",
    "ends_with": "not_ends_with",
}
OPPOSITES: Final = _OPPOSITES | {right: left for left, right in _OPPOSITES.items()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One clause: a field of the event, an operator, and what it is compared with.

    `kind` and `operator` are the reference's words; `name` is the path below `properties`,
    `traits` or `context`. `value` keeps the type that the text gave it.
    """

    kind: str
    operator: str
    value: Operand = MISSING
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses of which all (`and`), any (`or`), or not the only one (`not`) must hold."""

    operator: GroupOperator
    children: tuple[Node, ...]


Node: TypeAlias = Comparison | Group


def normalize_operator(kind: str, operator: str, value: Operand) -> tuple[str, Operand]:
    """Return the operator and value that `operator value` means for a field of this kind.

    Only some fields know null, true, false and numbers; the others compare with their text.
    """
    if kind in {"event-type", "event"}:
        return operator, to_string(value)
    if value is None and operator in {"=", "!="}:
        return ("not_exists" if operator == "=" else "exists"), MISSING
    if isinstance(value, bool) and operator == "=" and kind != "name":
        return ("is_true" if value else "is_false"), MISSING
    if kind not in KINDS_WITH_PATH or value is None:
        return operator, to_string(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        operator = {"=": "number_equals", "!=": "number_not_equals"}.get(operator, operator)
    return operator, value


def negate(node: Node) -> Node:
    """Return what `!(node)` means: the opposite operator where the language has one."""
    if isinstance(node, Comparison):
        opposite = OPPOSITES.get(node.operator)
        return replace(node, operator=opposite) if opposite else Group("not", (node,))
    return node.children[0] if node.operator == "not" else Group("not", (node,))


def operand_to_number(value: Operand) -> float:
    """Return JavaScript's `Number(value)`."""
    if value is None:
        return 0
    if isinstance(value, int | float):
        return value + 0
    return string_to_number(to_string(value))


def canonical_form(node: Node) -> Node:
    """Return the node with differences taken out that no event can tell.

    Two triggers whose meanings are equal match the same events.
    """
    if isinstance(node, Group):
        return _flatten_group(node)
    if node.operator in NUMERIC_OPERATORS:
        return replace(node, value=number_to_string(operand_to_number(node.value)))
    if node.operator in TEXT_OPERATORS:
        return _canonical_empty_suffix(replace(node, value=to_string(node.value)))
    return replace(node, value=MISSING)


def _flatten_group(node: Group) -> Node:
    """Take out parentheses that change nothing: around one clause, or inside the same operator."""
    children = [canonical_form(each) for each in node.children]
    if node.operator == "not":
        return Group("not", tuple(children))
    flat: list[Node] = []
    for each in children:
        inner = isinstance(each, Group) and each.operator == node.operator and each.children
        flat.extend(inner or [each])
    return flat[0] if len(flat) == 1 else Group(node.operator, tuple(flat))


def _canonical_empty_suffix(node: Comparison) -> Comparison:
    """Every text both starts and ends with nothing."""
    empty = node.value == "" and node.operator.endswith("ends_with")
    return replace(node, operator=node.operator.replace("ends", "starts")) if empty else node
