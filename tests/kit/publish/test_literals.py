"""A form takes the literals that the kit converts or drops, and refuses those that it refuses."""

from dataclasses import replace

import pytest

from destination_kit import Catalog
from tests.kit.dkit import PARTNER
from tests.kit.publish.forms import PATH, validator_of
from tests.ui.values import kit_problems

LIST_OF_TEXTS = {"type": "array", "items": {"type": "string"}}
LIST_OF_OBJECTS = {"type": "array", "items": {"type": "object"}}
FIELDS = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "texts": LIST_OF_TEXTS,
        "numbers": {"type": "array", "items": {"type": "number"}},
        "objects": LIST_OF_OBJECTS,
        "list": {"type": "array"},
        "status": {"type": ["string", "null"]},
        "delay": {"type": "number", "oneOf": [{"const": 0}, {"const": 30}]},
        "device": {
            "type": "object",
            "properties": {
                "os": {"type": "string"},
                "size": {"type": ["number", "null"]},
                "tags": LIST_OF_TEXTS,
                "parts": LIST_OF_OBJECTS,
            },
        },
    },
}
ACTION = replace(PARTNER.actions["say"], fields=FIELDS, choices={})
DESTINATION = replace(PARTNER, slug="literals", presets=(), actions={"say": ACTION})
CATALOG = Catalog.of(DESTINATION)
FORM = validator_of(FIELDS)
MEMBERS = [("device", name) for name in FIELDS["properties"]["device"]["properties"]]
PLACES = [(name,) for name in FIELDS["properties"] if name != "device"] + MEMBERS


@pytest.mark.parametrize(
    "value",
    [
        *(False, True, 0, "0", "30", 30, {"a": 1}, {"b": PATH}, {"@literal": False}),
        *([False], [0], [5], ["x"], [""], [None], [[None]], [{"a": 1}], [{"a": PATH}]),
        *([{"@literal": False}], [{"@literal": None}], [{"@literal": PATH}]),
        [{"@literal": {"@literal": "a"}}],
        *([{"@literal": "a", "x": 1}], [{"@path": "a", "x": 1}], [{"@literal": PATH, "x": PATH}]),
    ],
    ids=repr,
)
@pytest.mark.parametrize("place", PLACES, ids="/".join)
def test_the_form_takes_a_literal_that_the_kit_takes(place, value):
    *around, name = place
    mapping = {name: value}
    for outer in around:
        mapping = {outer: mapping}
    is_taken = not kit_problems(DESTINATION, CATALOG, "say", mapping)
    assert FORM.is_valid(mapping) is is_taken
