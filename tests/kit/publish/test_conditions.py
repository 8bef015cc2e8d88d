import pytest

from destination_kit.fields.checker import build_schema_validator
from destination_kit.publish.conditions import build_visibility


def is_shown(conditions, values, **more):
    rule = build_visibility({"x-depends-on": {"conditions": conditions, **more}})
    return rule is None or build_schema_validator(rule).is_valid(values)


IS_A = {"fieldKey": "a", "operator": "is", "value": 1}
IS_B = {"fieldKey": "b", "operator": "is", "value": "x"}


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        (IS_A, {"a": 1}, True),
        (IS_A, {"a": 2}, False),
        (IS_A, {}, False),
        ({**IS_A, "operator": "is_not"}, {"a": 1}, False),
        ({**IS_A, "operator": "is_not"}, {}, True),
        ({**IS_A, "value": [1, 2]}, {"a": 2}, True),
        ({**IS_A, "value": [1, 2], "operator": "is_not"}, {"a": 2}, False),
        ({"fieldKey": "a", "operator": "is_not", "value": ""}, {"a": {"@path": "$.x"}}, True),
        ({"fieldKey": "a", "operator": "is_not", "value": ""}, {}, False),
        ({"fieldKey": "a", "operator": "is_not"}, {"a": None}, False),
        ({"fieldKey": "a", "operator": "is"}, {}, True),
        ({"fieldKey": "a.b", "operator": "is", "value": 1}, {"a": {"b": 1}}, True),
        ({"fieldKey": "a.b", "operator": "is", "value": 1}, {"a": 1}, True),
        ({"operator": "is", "value": "add"}, {}, True),
    ],
)
def test_a_condition_compares_another_field(condition, values, expected):
    assert is_shown([condition], values) is expected


def test_all_conditions_must_hold_or_any():
    assert not is_shown([IS_A, IS_B], {"a": 1})
    assert is_shown([IS_A, IS_B], {"a": 1}, match="any")
    assert build_visibility({"type": "string"}) is None
