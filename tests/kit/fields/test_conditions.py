import pytest

from destination_kit.fields.conditions import (
    drop_conditions,
    find_null_tests,
    select_rules_after_coercion,
    select_rules_before_coercion,
)

NULL = {"type": "null"}
RULE = [{"required": ["a"]}]
LABELLED = [{"const": 1, "title": "One"}, {"const": 2}]


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ({"allOf": [{"if": {"properties": {"a": NULL, "b": {"type": "string"}}}}]}, {"a"}),
        ({"allOf": [{"not": {"anyOf": [{"properties": {"b": NULL}}]}}]}, {"b"}),
        ({"allOf": [{"properties": "a", "const": {"c": NULL}}]}, set()),
        ({"anyOf": [{"properties": {"a": NULL}}]}, set()),
        ({}, set()),
    ],
)
def test_a_comparison_with_null_is_found_within_all_of(schema, names):
    assert find_null_tests(schema) == names


@pytest.mark.parametrize(
    ("schema", "before"),
    [
        # A container's conditions come before the coercion of its members, a scalar's come after.
        ({"type": "object", "anyOf": RULE}, {"anyOf": RULE}),
        ({"type": ["string", "array"], "anyOf": RULE}, {"anyOf": RULE}),
        ({"anyOf": RULE, "title": "A"}, {"anyOf": RULE}),
        ({"type": "string", "anyOf": RULE}, {}),
        # Branches that only list values are no condition, unless the object has properties.
        ({"oneOf": LABELLED}, {}),
        ({"oneOf": [*LABELLED, {"minimum": 1}]}, {"oneOf": [*LABELLED, {"minimum": 1}]}),
        ({"oneOf": [*LABELLED, True]}, {"oneOf": [*LABELLED, True]}),
        ({"oneOf": {"const": 1}}, {"oneOf": {"const": 1}}),
        ({"oneOf": LABELLED, "properties": {}}, {"oneOf": LABELLED}),
        ({"anyOf": LABELLED}, {"anyOf": LABELLED}),
        # Those of members and items stay where they are.
        ({"properties": {"a": {"not": {}}, "b": {}}}, {"properties": {"a": {"not": {}}}}),
        ({"items": {"type": "array", "if": {}}}, {"items": {"if": {}}}),
        ({"items": [{"not": {}}]}, {}),
    ],
)
def test_a_rule_applies_before_or_after_coercion_and_never_twice(schema, before):
    assert select_rules_before_coercion(schema) == before
    after = select_rules_after_coercion(schema)
    assert not select_rules_before_coercion(after)
    assert {**schema, **before} == schema | before
    assert set(schema) == set(before) | set(after)


def test_conditions_are_dropped_at_the_top_alone():
    schema = {"type": "object", "if": {}, "then": {}, "properties": {"a": {"not": {}}}}
    assert drop_conditions(schema) == {"type": "object", "properties": {"a": {"not": {}}}}
