"""Likely mistakes in a trigger that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from destination_kit.errors import Problem, did_you_mean, warning
from destination_kit.fql import reading_warnings, render_text
from destination_kit.fql.nodes import Comparison, Group, Node

#: The calls of Segment's Spec (https://segment.com/docs/connections/spec), and the deletion of a
#: user, which is no call of its own there.
EVENT_TYPES: Final = ("identify", "track", "page", "screen", "group", "alias", "delete")
_PATH: Final = "/trigger"


def find_trigger_mistakes(source: str, node: Node) -> Iterator[Problem]:
    """Yield a warning for each likely mistake in a trigger, whose text was parsed to this node."""
    for sentence in reading_warnings(source, node):
        yield warning(_PATH, "OTHER_READING", sentence)
    comparisons = list(_list_comparisons(node))
    if any(map(_has_single_quotes, comparisons)):
        # `!=` is the worst of them: it lets the event through that it should exclude.
        meant = render_text(_replace_comparisons(node, _without_single_quotes))
        message = (
            f"single quotes are part of a text, so this trigger means `{render_text(node)}`: write"
            f" texts in double quotes, as in `{meant}`"
        )
        yield warning(_PATH, "SINGLE_QUOTES", message)
    types = (comparison.value for comparison in comparisons if comparison.kind == "event-type")
    for event_type in dict.fromkeys(types):
        if isinstance(event_type, str) and event_type.strip("'") not in EVENT_TYPES:
            hint = did_you_mean(event_type, EVENT_TYPES) or f": there are {', '.join(EVENT_TYPES)}"
            message = f"no event of Segment's Spec has the type {event_type!r}{hint}"
            yield warning(_PATH, "EVENT_TYPE", message)


def _list_comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
        return
    for child in node.children:
        yield from _list_comparisons(child)


def _replace_comparisons(node: Node, change: Callable[[Comparison], Comparison]) -> Node:
    if isinstance(node, Comparison):
        return change(node)
    return Group(
        node.operator, tuple(_replace_comparisons(child, change) for child in node.children)
    )


def _has_single_quotes(comparison: Comparison) -> bool:
    text = comparison.value
    return isinstance(text, str) and len(text) > 1 and text[0] == text[-1] == "'"


def _without_single_quotes(comparison: Comparison) -> Comparison:
    if not _has_single_quotes(comparison):
        return comparison
    return replace(comparison, value=str(comparison.value)[1:-1])
