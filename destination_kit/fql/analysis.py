"""Analysis of a trigger: which events it can match, and why an event does not match it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._javascript import to_string
from destination_kit.fql.nodes import Comparison, Node
from destination_kit.fql.predicates import compile_node
from destination_kit.fql.render import render_text

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


def event_types(node: Node) -> frozenset[str] | None:
    """Return the only event types that can match, or None if the trigger does not limit them.

    An empty set means that no event can match.
    """
    return _possible_values(node, "event-type")


def event_names(node: Node) -> frozenset[str] | None:
    """Return the only event names that can match, or None if the trigger does not limit them."""
    return _possible_values(node, "event")


def _possible_values(node: Node, kind: str) -> frozenset[str] | None:
    if isinstance(node, Comparison):
        is_equality = node.kind == kind and node.operator == "="
        return frozenset({to_string(node.value)}) if is_equality else None
    if node.operator == "not":
        # `!(event = "A")` matches every event name but one. No set can list those.
        return None
    sets = [_possible_values(child, kind) for child in node.children]
    known = [values for values in sets if values is not None]
    if node.operator == "and":
        return frozenset.intersection(*known) if known else None
    return frozenset[str]().union(*known) if len(known) == len(sets) else None


def explain_mismatch(node: Node, event: JsonObject) -> str | None:
    """Return the first clause that the event does not match, or None if it matches the trigger.

    For clauses joined by `or`, all of them are returned, since none holds.
    """
    if compile_node(node)(event):
        return None
    if isinstance(node, Comparison) or node.operator != "and":
        return render_text(node)
    return next(
        clause for child in node.children if (clause := explain_mismatch(child, event)) is not None
    )
