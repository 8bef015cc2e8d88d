"""The grammar of mapping values takes what `check_mapping` takes."""

import pytest

from destination_kit.fields.checker import build_schema_validator
from destination_kit.mapping import DIRECTIVES, check_mapping
from destination_kit.publish.grammar import build_grammar
from destination_kit.publish.mapping_document import build_mapping_document

VALUE = build_schema_validator({**build_grammar()["value"], "definitions": build_grammar()})
PATH = {"@path": "$.a"}
EXAMPLES = [example.mapping for directive in DIRECTIVES.values() for example in directive.examples]


def agree(value):
    is_taken = not check_mapping({"field": value})
    return VALUE.is_valid(value) == is_taken, is_taken


@pytest.mark.parametrize("value", EXAMPLES)
def test_every_example_of_a_directive_is_in_the_grammar(value):
    assert agree(value) == (True, True)


@pytest.mark.parametrize(
    "value",
    [
        *({"@path": 5}, {"@path": {}}, {"@path": [PATH]}, {"@nope": 1}, {"@path": "a", "b": 1}),
        *({"@path": "a", "@template": "b"}, {"_metadata": 1, "@path": "a"}, {"@path": {"@literal": 5}}),
        *({"@if": {}}, {"@if": {"exists": None, "then": 1}}, {"@if": {"blank": PATH}}, {"@if": PATH}),
        {"@if": {"exists": PATH, "then": {"@case": {"value": PATH}}}},
        {"@if": {"exists": PATH, "then": {"@nope": 1}}},
        *({"@case": {"value": PATH}}, {"@case": {"operator": "x", "value": PATH}}),
        *({"@case": {"operator": "x", "value": "text"}}, {"@case": {"operator": 5, "value": PATH}}),
        *({"@replace": {"pattern": "", "value": PATH}}, {"@replace": {"pattern": "a" * 11, "value": PATH}}),
        {"@replace": {"pattern": "a", "replacement": "b" * 11, "value": PATH}},
        {"@replace": {"pattern": "a", "pattern2": "b" * 11, "value": "text"}},
        {"@replace": {"pattern": "a", "pattern2": "b" * 11, "value": PATH}},
        {"@replace": {"pattern": "a", "value": PATH, "global": "yes"}},
        *({"@arrayPath": []}, {"@arrayPath": [5]}, {"@arrayPath": ["$.a", 5]}, {"@arrayPath": PATH}),
        *({"@flatten": {"value": PATH}}, {"@flatten": {"value": PATH, "separator": ""}}),
        *({"@json": {"value": PATH, "mode": "x"}}, {"@json": {"value": 0, "mode": "encode"}}),
        *({"@merge": {"objects": []}}, {"@merge": {"objects": [5], "direction": "left"}}),
        *({"@transform": {"apply": {}}}, {"@transform": {"apply": 5, "mapping": {}}}),
        *({"@liquid": 5}, {"@liquid": "x" * 1001}, {"@excludeWhenNull": {"a": {"@nope": 1}}}),
        *([{"@path": 5}], [{"@nope": 1}], [{"@path": "a", "b": 1}], [{"@case": {"value": 1}}]),
        *([{"@if": {"exists": PATH, "then": {"@nope": 1}}}], {"@literal": [{"@path": 5}]}),
    ],
)  # fmt: skip
def test_the_grammar_agrees_with_the_kit(value):
    assert agree(value)[0]


def test_a_directive_for_the_whole_mapping_is_in_the_document():
    document = build_schema_validator(build_mapping_document())
    whole = {"__segment_internal_directive": {"@transform": {"apply": {"a": PATH}}}, "b": PATH}
    assert document.is_valid(whole)
    assert not check_mapping(whole)
    assert not document.is_valid({"b": {"@nope": 1}})


def test_a_directive_of_a_plugin_takes_any_argument():
    grammar = build_grammar(["@mine"])
    value = build_schema_validator({**grammar["value"], "definitions": grammar})
    assert value.is_valid({"@mine": [{"any": "thing"}]})
    assert not value.is_valid({"@path": "$.a"})
