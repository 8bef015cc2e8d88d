"""What a trigger demands of every event it matches, and which clause an event fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._javascript import to_string
from destination_kit.fql.nodes import Comparison, Node
from destination_kit.fql.predicates import compile_node
from destination_kit.fql.render import render_text

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


def event_types(node: Node) -> frozenset[str] | None:
    """Return the only event types that can match, or None where the trigger leaves them open.

    No types at all means that no event can match.
    """
    return _fixed(node, "event-type")


def event_names(node: Node) -> frozenset[str] | None:
    """Return the only event names that can match, or None where the trigger leaves them open."""
    return _fixed(node, "event")


def _fixed(node: Node, kind: str) -> frozenset[str] | None:
    if isinstance(node, Comparison):
        equal = node.kind == kind and node.operator == "="
        return frozenset({to_string(node.value)}) if equal else None
    if node.operator == "not":
        return None
    choices = [_fixed(each, kind) for each in node.children]
    known = [each for each in choices if each is not None]
    if node.operator == "and":
        return frozenset.intersection(*known) if known else None
    return frozenset[str]().union(*known) if len(known) == len(choices) else None


def explain_mismatch(node: Node, event: JsonObject) -> str | None:
    """Return the first clause that kept the event from matching, or None where it matches.

    Of clauses joined by `or` none held, so all of them are returned.
    """
    if compile_node(node)(event):
        return None
    if isinstance(node, Comparison) or node.operator != "and":
        return render_text(node)
    return next(
        said for each in node.children if (said := explain_mismatch(each, event)) is not None
    )
