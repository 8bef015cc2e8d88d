"""JSON trees of triggers, in the reference's shape, which trigger editors store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from destination_kit._json import MISSING, as_array, pointer
from destination_kit.errors import Problem, TriggerError
from destination_kit.fql.nodes import (
    FIELD_BY_KIND,
    KINDS_WITH_PATH,
    OPERATORS,
    Comparison,
    Group,
    GroupOperator,
    Node,
    describe_excess,
    negate,
)
from destination_kit.fql.parser import MAX_DEPTH, has_path_segment

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject


_GROUP_OPERATORS: Final[dict[str, GroupOperator]] = {"and": "and", "or": "or", "not": "not"}
# A trigger as text, which has at most 10,000 characters, cannot have more.
_MAX_NODES: Final = 2_000
_Steps: TypeAlias = tuple[str | int, ...]


def node_to_json(node: Node) -> dict[str, Json]:
    """Return `{type: "group", operator, children}` or `{type, name?, operator, value?}`.

    The reference has no group with the operator `not`; this one has exactly one child.
    """
    if isinstance(node, Group):
        children = [node_to_json(child) for child in node.children]
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

    Raises `TriggerError` (code `FQL_TREE`) with a JSON Pointer to the part that is not valid.
    """
    _check_size(document)
    node = _read_node(document, ())
    if excess := describe_excess(node):
        raise _tree_error((), excess)
    if isinstance(document, Mapping) and document.get("type") == "group":
        # `negate` makes a comparison of a group `not` around a comparison. `parse` in parse-fql.js
        # returns a group for every trigger, so the comparison gets a group around it.
        return node if isinstance(node, Group) else Group("and", (node,))
    raise _tree_error((), "the root of a trigger must be a group")


def _check_size(document: Json) -> None:
    pending = [document]
    for part in pending:
        if isinstance(part, Mapping):
            pending.extend(as_array(part.get("children")))
        if len(pending) > _MAX_NODES:
            raise _tree_error((), f"a trigger has at most {_MAX_NODES:,} groups and comparisons")


def _read_node(document: Json, steps: _Steps) -> Node:
    if not isinstance(document, Mapping):
        raise _tree_error(steps, "expected an object: a group or a comparison")
    if document.get("type") == "group":
        return _read_group(document, steps)
    kind = _read_keyword(document, "type", FIELD_BY_KIND, steps)
    operator = _read_keyword(document, "operator", OPERATORS, steps)
    value = document.get("value", MISSING)
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
        raise _tree_error((*steps, "value"), "expected text, a number, true, false or null")
    return Comparison(kind, operator, value, _read_name(document, steps))


def _read_group(document: JsonObject, steps: _Steps) -> Node:
    operator = _read_keyword(document, "operator", _GROUP_OPERATORS, steps)
    children = document.get("children")
    if not isinstance(children, Sequence) or isinstance(children, str):
        raise _tree_error((*steps, "children"), "expected a list of children")
    if len(steps) > 2 * MAX_DEPTH:
        raise _tree_error(steps, f"groups are nested more than {MAX_DEPTH} deep")
    nodes = tuple(
        _read_node(child, (*steps, "children", index)) for index, child in enumerate(children)
    )
    if operator != "not":
        return Group(_GROUP_OPERATORS[operator], nodes)
    if len(nodes) != 1:
        raise _tree_error((*steps, "children"), "a group with the operator not has one child")
    [node] = nodes
    return negate(node)


def _read_keyword(document: JsonObject, key: str, known: Collection[str], steps: _Steps) -> str:
    keyword = document.get(key)
    if isinstance(keyword, str) and keyword in known:
        return keyword
    raise _tree_error((*steps, key), f"expected one of {', '.join(sorted(known))}")


def _read_name(document: JsonObject, steps: _Steps) -> str | None:
    """Return the path of a comparison whose kind takes one."""
    if document.get("type") not in KINDS_WITH_PATH:
        return None
    name = document.get("name")
    if not isinstance(name, str) or not has_path_segment(name):
        message = "expected the path below properties, traits or context, such as email"
        raise _tree_error((*steps, "name"), message)
    return name


def _tree_error(steps: _Steps, message: str) -> TriggerError:
    return TriggerError([Problem(pointer(*steps), "FQL_TREE", message)])
