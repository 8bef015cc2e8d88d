"""Nodes as JSON in the reference's shape, which trigger editors store and exchange."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from destination_kit._json import MISSING, pointer
from destination_kit.errors import Problem, TriggerError
from destination_kit.fql.nodes import (
    FIELD_BY_KIND,
    KINDS_WITH_PATH,
    OPERATORS,
    Comparison,
    Group,
    GroupOperator,
    Node,
    negate,
)
from destination_kit.fql.parser import MAX_DEPTH

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject


_JOINTS: Final[dict[str, GroupOperator]] = {"and": "and", "or": "or", "not": "not"}


def node_to_json(node: Node) -> dict[str, Json]:
    """Return `{type: "group", operator, children}`, or `{type, name?, operator, value?}`.

    A group with the operator `not` and one child is the only shape that the reference lacks.
    """
    if isinstance(node, Group):
        children = [node_to_json(each) for each in node.children]
        return {"type": "group", "operator": node.operator, "children": children}
    document: dict[str, Json] = {"type": node.kind}
    if node.name is not None:
        document["name"] = node.name
    document["operator"] = node.operator
    if node.value is not MISSING:
        document["value"] = node.value
    return document


def node_from_json(document: Json) -> Group:
    """Return the node of a JSON tree whose root is a group.

    Raises `TriggerError` (code `FQL_TREE`) with a JSON Pointer to the part that means nothing.
    """
    node = _node(document, ())
    if isinstance(document, Mapping) and document.get("type") == "group":
        return node if isinstance(node, Group) else Group("and", (node,))
    raise _refusal((), "the root of a trigger is a group")


def _node(document: Json, at: tuple[str | int, ...]) -> Node:
    if not isinstance(document, Mapping):
        raise _refusal(at, "a group or a condition stands here, as an object")
    if document.get("type") == "group":
        return _group(document, at)
    kind = _word(document, "type", FIELD_BY_KIND, at)
    operator = _word(document, "operator", OPERATORS, at)
    value = document.get("value", MISSING)
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
        raise _refusal((*at, "value"), "a value is text, a number, true, false or null")
    return Comparison(kind, operator, value, _name(document, at))


def _group(document: JsonObject, at: tuple[str | int, ...]) -> Node:
    operator, children = _word(document, "operator", _JOINTS, at), document.get("children")
    if not isinstance(children, Sequence) or isinstance(children, str):
        raise _refusal((*at, "children"), "a group has a list of children")
    if len(at) > 2 * MAX_DEPTH:
        raise _refusal(at, f"groups are nested more than {MAX_DEPTH} deep")
    nodes = tuple(_node(each, (*at, "children", i)) for i, each in enumerate(children))
    if operator != "not":
        return Group(_JOINTS[operator], nodes)
    if len(nodes) != 1:
        raise _refusal((*at, "children"), "not has exactly one child")
    return negate(nodes[0])


def _word(document: JsonObject, key: str, known: Collection[str], at: tuple[str | int, ...]) -> str:
    word = document.get(key)
    if isinstance(word, str) and word in known:
        return word
    raise _refusal((*at, key), f"one of these stands here: {', '.join(sorted(known))}")


def _name(document: JsonObject, at: tuple[str | int, ...]) -> str | None:
    """Return the path of a condition that has one; a path of separators alone is none."""
    if document.get("type") not in KINDS_WITH_PATH:
        return None
    name = document.get("name")
    if not isinstance(name, str) or not re.search(r"[^\[.\]]", name):
        raise _refusal((*at, "name"), "the path below properties, traits or context stands here")
    return name


def _refusal(at: tuple[str | int, ...], message: str) -> TriggerError:
    return TriggerError([Problem(pointer(*at), "FQL_TREE", message)])
