from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from destination_kit._json import MISSING
from destination_kit.fql import compile_trigger
from destination_kit.fql.nodes import Comparison
from destination_kit.fql.predicates import compile_node, follow_step


def matches(trigger, **event):
    return compile_trigger(trigger)(event)


FIELDS = ("type", "event", "name", "userId", "properties.x", "traits.x", "context.x")


def event_with(field, value):
    root, _, name = field.partition(".")
    return {root: {name: value} if name else value}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("clause", "matching"),
    [
        ('{} = "ab"', ["ab"]),
        ('{} != "ab"', ["a", "abc", "b", "bab", "", None]),
        ('contains({}, "ab")', ["ab", "abc", "bab"]),
        ('!contains({}, "ab")', ["a", "b", ""]),
        ('match({}, "ab*")', ["ab", "abc"]),
        ('!match({}, "ab*")', ["a", "b", "bab", ""]),
        ('match({}, "*ab")', ["ab", "bab"]),
        ('!match({}, "*ab")', ["a", "abc", "b", ""]),
        ('!({} = "ab")', ["a", "abc", "b", "bab", "", None]),
        ('{0} = "a" or {0} = "b"', ["a", "b"]),
        ('contains({0}, "a") and contains({0}, "c")', ["abc"]),
    ],
)
def test_text_is_compared_in_each_field(field, clause, matching):
    values = ["a", "ab", "abc", "b", "bab", "", None]
    holds = compile_trigger(clause.format(field))
    assert [value for value in values if holds(event_with(field, value))] == matching


@pytest.mark.parametrize("field", ["properties.x", "traits.x", "context.x"])
@pytest.mark.parametrize(
    ("operator", "matching"),
    [
        ("=", [5, 5.0]),
        ("!=", [4, 6]),
        ("<", [4]),
        ("<=", [4, 5, 5.0]),
        (">", [6]),
        (">=", [5, 5.0, 6]),
    ],
)
def test_numbers_alone_are_compared_with_a_number(field, operator, matching):
    holds = compile_trigger(f"{field} {operator} 5")
    values = [4, 5, 5.0, 6, "5", "", True, None, [5]]
    assert [value for value in values if holds(event_with(field, value))] == matching


@pytest.mark.parametrize(
    ("clause", "matching"),
    [
        ("= null", [None]),
        ("!= null", [True, False, 0, "", [], "null"]),
        ("= true", [True]),
        ("= false", [False]),
    ],
)
def test_null_true_and_false_are_themselves_alone(clause, matching):
    holds = compile_trigger(f"properties.x {clause}")
    values = [None, True, False, 0, "", [], "null"]
    found = [value for value in values if holds({"properties": {"x": value}})]
    assert [(value, type(value)) for value in found] == [(value, type(value)) for value in matching]
    assert holds({"properties": {}}) is (clause == "= null")
    assert holds({}) is (clause == "= null")


def test_true_is_no_number():
    assert not matches("properties.x = 1", properties={"x": True})
    assert not matches("properties.x >= 0", properties={"x": False})


def test_a_negated_group_holds_exactly_where_the_group_does_not():
    trigger = '!(properties.x = 5 or type = "a")'
    assert matches(trigger, properties={})
    assert not matches(trigger, properties={"x": 5.0})
    assert not matches(trigger, type="a")


def test_a_negated_call_is_false_for_what_is_no_text_however_it_is_written():
    assert not matches('!contains(properties.x, "a")')
    assert not matches('!(contains(properties.x, "a"))')
    assert matches('!(contains(properties.x, "a"))', properties={"x": "b"})


def test_a_path_reaches_into_arrays():
    event = {"products": [{"name": "Hat"}]}
    assert matches('properties.products.0.name = "Hat"', properties=event)
    assert not matches('properties.products.1.name = "Hat"', properties=event)
    assert not matches('properties.products.00.name = "Hat"', properties=event)


@pytest.mark.parametrize(
    ("value", "key", "found"),
    [
        ({"a": 1}, "a", 1),
        ({"a": 1}, "b", MISSING),
        ({}, "a", MISSING),
        ([], "length", 0),
        (["x"], "0", "x"),
        (["x"], "1", MISSING),
        (["x"], "-1", MISSING),
        (["x"], "9" * 5000, MISSING),
        ("ab", "0", "a"),
        ("ab", "1", "b"),
        ("ab", "2", MISSING),
        ("👍b", "2", "b"),
        ("👍b", "0", "\ufffd"),
        ("👍b", "length", 3),
        ("ab", "toString", MISSING),
        (5, "a", MISSING),
        (True, "a", MISSING),
        ("", "a", ""),
        (0, "a", 0),
        (False, "a", False),
        (None, "a", None),
        (MISSING, "a", MISSING),
    ],
)
def test_a_step_is_that_of_javascript_without_prototypes(value, key, found):
    result = follow_step(value, key)
    assert (result, type(result)) == (found, type(found))


def test_large_integers_are_compared_exactly():
    assert not matches("properties.x = 9007199254740993", properties={"x": 9007199254740992})
    assert matches("properties.x = 9007199254740993", properties={"x": 9007199254740993})


ID = "00000000-0000-0000-0000-000000000005"


@pytest.mark.parametrize(
    ("trigger", "value"),
    [
        (f'properties.x = "{ID}"', UUID(int=5)),
        ('contains(properties.x, "0005")', UUID(int=5)),
        ('!match(properties.x, "1*")', UUID(int=5)),
        ('properties.x = "2024-01-05"', date(2024, 1, 5)),
        ('match(properties.x, "2024-01-05T*")', datetime(2024, 1, 5, tzinfo=UTC)),
        ("properties.x > 19", Decimal("19.90")),
        ("properties.x = 19.9", Decimal("19.90")),
        ("properties.x >= 12345678901234567890", Decimal("12345678901234567890.12")),
        ("properties.x != null", {1}),
        ('properties.x != "a"', b"a"),
    ],
)
def test_a_trigger_reads_a_python_value_as_json(trigger, value):
    assert matches(trigger, properties={"x": value})


@pytest.mark.parametrize("value", [{1}, b"a", object(), Decimal("NaN"), Decimal("sNaN"), {2: 3}])
@pytest.mark.parametrize(
    "trigger",
    [
        *('properties.x = "a"', "properties.x > 1", "properties.x = 1", "properties.x != 1"),
        *('contains(properties.x, "a")', '!contains(properties.x, "b")', "properties.x = true"),
        'properties.x.y = "a"',
    ],
)
def test_a_value_that_is_not_json_matches_nothing_and_raises_nothing(trigger, value):
    assert not matches(trigger, properties={"x": value})


def test_a_user_id_can_be_a_uuid():
    assert matches(f'userId = "{ID}"', userId=UUID(int=5))
    assert not matches(f'userId != "{ID}"', userId=UUID(int=5))


def test_an_unknown_operator_holds_for_no_value():
    holds = compile_node(Comparison("event-property", "like", "a", "x"))
    assert not holds({"properties": {"x": "a"}})
    assert not holds({})


def test_a_path_without_keys_reads_the_object_itself():
    holds = compile_node(Comparison("event-property", "exists", name=".."))
    assert holds({"properties": {}})
    assert not holds({})
