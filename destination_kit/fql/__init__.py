"""The trigger language FQL: parsing, rendering, JSON trees and predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._lazy import lazy_attributes
from destination_kit.fql.nodes import Comparison, Group, Node, canonical_form
from destination_kit.fql.parser import is_readable, parse_trigger
from destination_kit.fql.predicates import compile_node

# Type checkers do not run `__getattr__`. Without these imports, they would report every name that
# it loads as unknown.
if TYPE_CHECKING:
    from destination_kit._json import Predicate
    from destination_kit.fql.analysis import (
        event_names as event_names,
        event_types as event_types,
        explain_mismatch as explain_mismatch,
    )
    from destination_kit.fql.json_tree import (
        node_from_json as node_from_json,
        node_to_json as node_to_json,
    )
    from destination_kit.fql.reference_reading import reading_warnings as reading_warnings
    from destination_kit.fql.render import (
        render_text as render_text,
        render_trigger as render_trigger,
    )

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
    "is_readable",
    "node_from_json",
    "node_to_json",
    "parse_trigger",
    "reading_warnings",
    "render_text",
    "render_trigger",
]

# A catalog only compiles triggers. Imports of the modules that explain and convert triggers would
# add 4 ms to every start.
__getattr__ = lazy_attributes(
    __name__,
    {
        "event_names": "analysis",
        "event_types": "analysis",
        "explain_mismatch": "analysis",
        "node_from_json": "json_tree",
        "node_to_json": "json_tree",
        "reading_warnings": "reference_reading",
        "render_text": "render",
        "render_trigger": "render",
    },
)


def compile_trigger(source: str) -> Predicate:
    """Return the predicate of a trigger: event -> whether it matches.

    Raises `TriggerError` as `parse_trigger` does. The predicate never raises.
    """
    return compile_node(parse_trigger(source))
