"""The trigger language FQL: parsing, rendering, JSON trees and predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.fql.analysis import event_names, event_types, explain_mismatch
from destination_kit.fql.json_tree import node_from_json, node_to_json
from destination_kit.fql.nodes import Comparison, Group, Node, canonical_form
from destination_kit.fql.parser import parse_trigger
from destination_kit.fql.predicates import compile_node
from destination_kit.fql.reference_reading import reading_warnings
from destination_kit.fql.render import render_trigger

if TYPE_CHECKING:
    from destination_kit._json import Predicate

__all__ = [
    "Comparison",
    "Group",
    "Node",
    "canonical_form",
    "compile_node",
    "compile_trigger",
    "event_names",
    "event_types",
    "explain_mismatch",
    "node_from_json",
    "node_to_json",
    "parse_trigger",
    "reading_warnings",
    "render_trigger",
]


def compile_trigger(source: str) -> Predicate:
    """Return the predicate of a trigger: event -> whether it matches.

    Raises `TriggerError` as `parse_trigger` does. The predicate never raises.
    """
    return compile_node(parse_trigger(source))
