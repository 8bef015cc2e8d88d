from __future__ import annotations

import pytest

from destination_kit.fields import check_schema
from tests.kit.fields.sample_schema import SCHEMA


def test_a_good_schema_has_no_problems():
    assert check_schema(SCHEMA) == ()


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"properties": {"f": {"type": "email"}}}, "/properties/f/type"),
        ({"properties": {"f": {"type": "string", "minLength": -2}}}, "/properties/f/minLength"),
        ({"properties": {"f": {"type": "string", "format": "colour"}}}, "/properties/f/format"),
        ({"properties": {"f": {"x-dynamc": True}}}, "/properties/f/x-dynamc"),
        ({"properties": {"f": {"requird": True}}}, "/properties/f/requird"),
        ({"properties": {"f": {"pattern": "a++"}}}, "/properties/f/pattern"),
        ({"properties": {"f": {"items": {"pattern": "("}}}}, "/properties/f/items/pattern"),
        ({"properties": {"f": {"oneOf": [{"const": 1}, {"const": 1}]}}}, "/properties/f/oneOf/1"),
        ({"properties": {"f": {"enum": []}}}, "/properties/f/enum"),
        ({"properties": {"f": {}}, "required": ["g"]}, "/required/0"),
        ({"type": "string"}, "/type"),
    ],
)
def test_a_bad_schema_is_a_problem_at_its_path(schema, path):
    assert path in {problem.path for problem in check_schema(schema)}


def test_an_any_of_problem_is_left_out_where_a_problem_below_explains_it():
    schema = {"type": "object", "properties": {"f": {"type": "array", "items": {"type": "no"}}}}
    assert {problem.path for problem in check_schema(schema)} == {"/properties/f/items/type"}
