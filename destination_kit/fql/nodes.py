"""Nodes of a parsed trigger: groups of comparisons, with the reference's words for both."""

from __future__ import annotations

import re
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

SIGNS: Final = ("=", "!=", "<", "<=", ">", ">=")
"""The operators of a comparison, as a trigger writes them."""
ORDER_OPERATORS: Final = frozenset({"<", "<=", ">", ">="})
NUMERIC_OPERATORS: Final = ORDER_OPERATORS | {"number_equals", "number_not_equals"}
TEXT_OPERATORS: Final = frozenset(
    {"=", "!=", "contains", "not_contains", "starts_with", "not_starts_with"}
    | {"ends_with", "not_ends_with"}
)
UNARY_OPERATORS: Final = frozenset({"exists", "not_exists", "is_true", "is_false"})
OPERATORS: Final = NUMERIC_OPERATORS | TEXT_OPERATORS | UNARY_OPERATORS

MAX_SEARCHES: Final = 100
"""Comparisons of a trigger that read a whole text, for which an event of 1 MB takes up to 2 ms each."""
_SEARCHES: Final = frozenset({"contains", "not_contains"})
_OF_WHOLE_TEXT: Final = re.compile(r"(?:^|[.\[\]])(?:length|[0-9]+)(?=$|[.\[\]])")

# `<` and `>=` are no opposites: both are false for a value that is not a number. `contains` and
# `not_contains` are both false for a value that is not text. But `parseFqlFunction` of the
# reference reads `!contains(...)` as `not_contains`.
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
    """A comparison of one field of the event with a value."""

    #: The field in the reference's words, such as `event-property`; see `KIND_BY_FIELD`.
    kind: str
    #: The operator in the reference's words, such as `number_equals`; see `OPERATORS`.
    operator: str
    #: The value, with the type that the text gave it; `MISSING` for operators without one.
    value: Operand = MISSING
    #: The path below `properties`, `traits` or `context`; None for other fields.
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes joined by a logical operator: all hold, any holds, or the only one does not hold."""

    operator: GroupOperator
    #: One node under `not`.
    children: tuple[Node, ...]


Node: TypeAlias = Comparison | Group


def normalize_operator(kind: str, operator: str, value: Operand) -> tuple[str, Operand]:
    """Return the reference's operator and value for `field operator value`.

    The field decides whether null, true, false and numbers keep their type or become text.
    """
    # `parse` in parse-fql.js makes text of any literal here, so `event = null` looks for an event
    # named "null". For other fields, null tests for absence.
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
    """Return the negation of a node, with the opposite operator where there is one."""
    if isinstance(node, Comparison):
        opposite = OPPOSITES.get(node.operator)
        return replace(node, operator=opposite) if opposite else Group("not", (node,))
    if node.operator != "not":
        return Group("not", (node,))
    [child] = node.children
    return child


def describe_excess(node: Node) -> str | None:
    """Return what a trigger has too many of, None if it has not."""
    searches, pending = 0, [node]
    for part in pending:
        if isinstance(part, Group):
            pending.extend(part.children)
        else:
            reads_part = part.name is not None and _OF_WHOLE_TEXT.search(part.name)
            searches += bool(reads_part or part.operator in _SEARCHES)
    if searches <= MAX_SEARCHES:
        return None
    return (
        f"a trigger has at most {MAX_SEARCHES} comparisons that read a whole text (contains, length"
        f" or a number in a path), found {searches:,}: split it into several subscriptions"
    )


def operand_to_number(value: Operand) -> float:
    """Return JavaScript's `Number(value)`."""
    if value is None:
        return 0
    if isinstance(value, int | float):
        return +value
    return string_to_number(to_string(value))


def canonical_form(node: Node) -> Node:
    """Return the node without differences that no event shows.

    Two triggers with equal canonical forms match the same events.
    """
    if isinstance(node, Group):
        return _flatten_group(node)
    if node.operator in NUMERIC_OPERATORS:
        return replace(node, value=number_to_string(operand_to_number(node.value)))
    if node.operator in TEXT_OPERATORS:
        return _merge_empty_affixes(replace(node, value=to_string(node.value)))
    return replace(node, value=MISSING)


def _flatten_group(node: Group) -> Node:
    """Return the group without needless groups: of one node, or inside the same operator."""
    children = [canonical_form(child) for child in node.children]
    if node.operator == "not":
        return Group("not", tuple(children))
    flat: list[Node] = []
    for child in children:
        inner = isinstance(child, Group) and child.operator == node.operator and child.children
        flat.extend(inner or [child])
    if len(flat) == 1:
        [only] = flat
        return only
    return Group(node.operator, tuple(flat))


def _merge_empty_affixes(node: Comparison) -> Comparison:
    """Return `starts_with ""` for `ends_with ""`: both hold for every text."""
    is_empty_suffix = node.value == "" and node.operator.endswith("ends_with")
    if not is_empty_suffix:
        return node
    return replace(node, operator=node.operator.replace("ends", "starts"))
