"""The rules that the kit puts in place of those of `jsonschema`, and the members that they check."""

import pytest

from destination_kit.fields.checker import compile_checker

# No validity test knows `not`, so that these rules decide each member.
NO_TEXT_B = {"not": {"const": "b"}}


def codes(schema, value):
    return [(problem.path, problem.code) for problem in compile_checker(schema, schema)(value)]


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"items": NO_TEXT_B}, ["a", "b", "c", "b"], [("/1", "not"), ("/3", "not")]),
        ({"items": NO_TEXT_B}, {"0": "b"}, []),
        ({"items": {"type": "string"}}, ["a", 1, "b", 2], [("/1", "type"), ("/3", "type")]),
        ({"items": [{"type": "string"}]}, [1, 2], [("/0", "type")]),
        ({"items": [{"type": "string"}]}, ["a"], []),
        ({"additionalProperties": NO_TEXT_B, "properties": {"k": True}}, {"k": "b", "x": "b", "y": "a"}, [("/x", "not")]),
        ({"additionalProperties": NO_TEXT_B}, ["b"], []),
        ({"additionalProperties": False, "properties": {"k": True}}, {"k": 1, "x": 2}, [("", "additionalProperties")]),
        ({"additionalProperties": {"type": "string"}, "patternProperties": {"^x": True}}, {"x": 1, "y": 2}, [("/y", "type")]),
        ({"propertyNames": {"maxLength": 1}}, {"a": 1, "bb": 2}, [("", "maxLength")]),
        ({"propertyNames": {"maxLength": 1}}, ["bb"], []),
        ({"uniqueItems": True, "not": {"const": 0}}, [1, 1.0], [("", "uniqueItems")]),
        ({"uniqueItems": True, "not": {"const": 0}}, [1, True], []),
        ({"uniqueItems": False, "not": {"const": 0}}, [1, 1], []),
        ({"uniqueItems": True, "not": {"const": 0}}, "aa", []),
        ({"pattern": "^a", "not": {"const": 0}}, "b", [("", "pattern")]),
        ({"pattern": "^a", "not": {"const": 0}}, "ab", []),
        ({"pattern": "^a", "not": {"const": 0}}, 5, []),
        ({"patternProperties": {"^x": {"type": "string"}}}, {"x": 1, "y": 2, "xx": "a"}, [("/x", "type")]),
        ({"patternProperties": {"^x": {"type": "string"}}}, ["x"], []),
    ],
)  # fmt: skip
def test_a_rule_finds_each_member_that_violates_it_and_no_other(schema, value, expected):
    assert codes(schema, value) == expected


@pytest.mark.parametrize(("undecided", "listed"), [(2_000, []), (2_001, [("", "items")])])
def test_members_that_no_validity_test_decides_have_a_limit(undecided, listed):
    """Those that one does decide do not count: they take no time."""
    schema = {"items": {"anyOf": [{"type": "string"}, NO_TEXT_B]}}
    assert codes(schema, ["text"] * 3_000 + [1] * undecided) == listed
