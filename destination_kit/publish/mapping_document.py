"""The document `mapping.schema.json`: the grammar of mappings, for editors and validators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from destination_kit.mapping import DIRECTIVES
from destination_kit.mapping.root_directive import ROOT_KEY
from destination_kit.publish.grammar import build_grammar, refer

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


def build_mapping_document(directives: Iterable[str] = DIRECTIVES) -> JsonObject:
    """Return the document `mapping.schema.json`: the grammar, and a root that takes any value."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://destination-kit.invalid/schemas/mapping.schema.json",
        "title": "Mapping",
        "description": "A mapping from an event to a payload: literals, arrays and objects of values, and directives.",
        "definitions": build_grammar(directives),
        # A directive for the whole mapping gets the fields beside it as its `mapping`.
        "if": {"type": "object", "required": [ROOT_KEY]},
        "then": {},
        "else": refer("value"),
    }
