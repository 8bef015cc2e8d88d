import pytest

from destination_kit._json import MISSING
from destination_kit.fql import compile_trigger
from destination_kit.fql.predicates import follow_step


def matches(trigger, **event):
    return compile_trigger(trigger)(event)


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
        ("ab", "1", "b"),
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
