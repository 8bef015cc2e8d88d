"""Nulls and empty texts go where a field does not allow them."""

import pytest

from destination_kit._json import MISSING
from destination_kit.fields.cleaning import compile_cleaner, copy_value, fill_missing_items


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        *(({}, "", True), ({}, None, True), ({"title": "T"}, "", True)),
        *(({"enum": ["a"]}, "", False), ({"enum": ["a"]}, None, False), ({"enum": ["a"]}, 0, True)),
        *(({"type": "string"}, None, False), ({"type": ["string", "null"]}, None, True)),
        *(({"type": "number"}, "", False), ({"type": "number"}, 0, True)),
    ],
)
def test_a_value_goes_where_its_field_describes_another(field, value, kept):
    schema = {
        "type": "object",
        "properties": {"in": {"type": "object", "properties": {"f": field}}},
    }
    cleaned = compile_cleaner(schema, root=True)({"in": {"f": value}})
    assert (cleaned["in"] == {"f": value}) is kept


@pytest.mark.parametrize(("root", "kept"), [(True, {}), (False, {"f": ""})])
def test_at_the_root_no_empty_text_stays(root, kept):
    schema = {"type": "object", "properties": {"f": {"type": "string"}}}
    assert compile_cleaner(schema, root=root)({"f": ""}) == kept


def test_a_copy_shares_nothing_and_has_no_absent_member():
    inner = {"é\ud800": "\ud800", "a": [1, MISSING, {"gone": MISSING}]}
    copied = copy_value((inner, "x"))
    assert copied == [{"é\ufffd": "\ufffd", "a": [1, MISSING, {}]}, "x"]
    fill_missing_items(copied)
    assert copied[0]["a"] == [1, None, {}]
    assert copied[0]["a"] is not inner["a"]
