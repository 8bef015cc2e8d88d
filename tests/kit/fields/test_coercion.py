"""Values get the types of their fields by the rules of Ajv."""

import pytest

from destination_kit.fields.coercion import (
    UnboundedNumber,
    compile_coercer,
    compile_early_coercer,
)

KEPT = object()


def coerced(types, given, **more):
    return compile_coercer({"type": types, **more})(given)


@pytest.mark.parametrize(
    ("types", "given", "expected"),
    [
        *(("string", None, ""), ("string", 1.5, "1.5"), ("string", True, "true")),
        *(("number", None, 0), ("number", True, 1), ("number", False, 0)),
        *(("number", "", KEPT), ("number", " ", 0), ("number", "x", KEPT)),
        *(("integer", "3.0", 3.0), ("integer", "3.5", KEPT), ("integer", 3.0, 3.0)),
        *(("integer", None, 0), ("integer", 1.5, KEPT), ("integer", "1e400", float("inf"))),
        *(("boolean", None, False), ("boolean", "false", False), ("boolean", 0, False)),
        *(("boolean", "true", True), ("boolean", 1, True), ("boolean", 1.0, True)),
        *(("boolean", -1, KEPT), ("boolean", 2, KEPT), ("boolean", "", KEPT)),
        *(("null", "", None), ("null", False, None), ("null", 0, None), ("null", -1, KEPT)),
        *(("null", 1, KEPT), ("null", True, KEPT), ("null", "x", KEPT)),
        *(("array", 1, [1]), ("array", None, [None]), ("array", {}, KEPT)),
        *(("object", "x", KEPT), ("object", [{}], KEPT)),
        *(("string", ["a"], "a"), ("string", [1], "1"), ("string", ["a", "b"], KEPT)),
        *(("string", [], KEPT), ("number", ["5"], 5), ("number", [None], 0)),
        *((["integer", "string"], 3.0, 3.0), (["integer", "string"], 1.5, "1.5")),
        *((["string", "number"], True, "true"), (["number", "string"], True, 1)),
        *((["string", "null"], ["a"], KEPT), (["boolean", "string"], 1, True)),
    ],
)  # fmt: skip
def test_a_value_gets_a_type_of_its_field_or_stays_to_be_refused(types, given, expected):
    found = coerced(types, given)
    expected = given if expected is KEPT else expected
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("types", "mark"),
    [("number", UnboundedNumber), (["null", "integer"], UnboundedNumber), ("boolean", float)],
)
def test_a_number_that_is_infinite_is_marked_where_a_number_is_wanted(types, mark):
    assert type(coerced(types, float("inf"))) is mark
    assert type(coerced(types, 0.5)) is float


def test_lists_and_nulls_are_made_before_any_condition_is_checked():
    payload = {"a": 1, "b": [1], "c": None, "d": "", "e": "x", "f": 0}
    compile_early_coercer(("a", "b", "c", "missing"), ("d", "e", "absent"))(payload)
    assert payload == {"a": [1], "b": [1], "c": None, "d": None, "e": "x", "f": 0}


@pytest.mark.parametrize(
    ("items", "given", "expected"),
    [
        ({"type": "string"}, [1, None], ["1", ""]),
        ({"type": "string"}, 1, ["1"]),
        ({"properties": {"a": {"type": "number"}}}, [{"a": "1", "b": 2}], [{"a": 1}]),
    ],
)
def test_items_get_the_type_of_their_list(items, given, expected):
    assert coerced("array", given, items=items) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, {"a": "1"}),
        ({"additionalProperties": False}, {"a": "1"}),
        ({"additionalProperties": True}, {"a": "1", "b": 2}),
        ({"additionalProperties": {"type": "string"}}, {"a": "1", "b": "2"}),
        ({"patternProperties": {}}, {"a": "1", "b": 2}),
    ],
)
def test_properties_that_no_field_describes_go_unless_the_schema_keeps_them(schema, expected):
    properties = {"a": {"type": "string"}}
    assert coerced("object", {"a": 1, "b": 2}, properties=properties, **schema) == expected
