from __future__ import annotations

import copy

from hypothesis import given, strategies as st

from destination_kit.fields import FORMATS, compile_validator, parse_date_like
from destination_kit.fields.checker import build_schema_validator
from destination_kit.fields.fast_path import compile_validity_test

names = st.sampled_from(["a", "b", "c"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.floats()
    | st.sampled_from(["", "a", "b", "1", "x@y.co", "2024-01-02", "https://e.com", "true", "👍"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)
types = st.sampled_from(["string", "number", "integer", "boolean", "null", "array", "object"])
limits = st.integers(0, 3)
keywords = st.fixed_dictionaries(
    {},
    optional={
        "type": types | st.lists(types, min_size=1, max_size=2, unique=True),
        "enum": st.lists(scalars, min_size=1, max_size=3),
        "const": values,
        "format": st.sampled_from(sorted(FORMATS)),
        "minLength": limits,
        "maxLength": limits,
        "minimum": limits,
        "maximum": limits,
        "minItems": limits,
        "maxItems": limits,
        "minProperties": limits,
        "maxProperties": limits,
        "multipleOf": st.integers(1, 3),
        "uniqueItems": st.booleans(),
        "pattern": st.sampled_from(["^a", "b$", "."]),
        "required": st.lists(names, max_size=2, unique=True),
        "title": st.just("T"),
        "x-category": st.just("c"),
    },
)


def grown(inner):
    rules = st.lists(inner, min_size=1, max_size=2)
    parts = st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(names, inner, max_size=3),
            "additionalProperties": st.booleans() | inner,
            "items": inner,
            "allOf": rules,
            "anyOf": rules,
            "oneOf": rules | st.just([{"const": "a", "title": "A"}, {"const": "b"}]),
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
        },
    )
    return st.builds(lambda own, more: {**own, **more}, keywords, parts)


schemas = st.recursive(keywords, grown, max_leaves=6)


@given(schemas, values)
def test_what_a_validity_test_accepts_jsonschema_accepts(schema, value):
    if compile_validity_test(schema)(value):
        assert build_schema_validator(schema).is_valid(value)


@given(st.dictionaries(names, schemas), st.dictionaries(names, values))
def test_validation_leaves_its_input_alone(properties, payload):
    validate = compile_validator({"properties": properties})
    before = copy.deepcopy(payload)
    validate(payload)
    assert repr(payload) == repr(before)


@given(st.dictionaries(names, st.builds(dict, type=types)), st.dictionaries(names, values))
def test_a_valid_payload_is_valid_again_and_stays_as_it_is(properties, payload):
    validate = compile_validator({"properties": properties})
    first, problems = validate(payload)
    if not problems:
        second, again = validate(first)
        assert again == ()
        assert second == {name: value for name, value in first.items() if value != ""}


@given(values)
def test_an_action_without_fields_keeps_the_whole_payload(value):
    payload = {"f": value}
    assert repr(compile_validator({"type": "object"})(payload)[0]) == repr(payload)


@given(st.text(alphabet="0123456789-/:. TZ+JanMarGMT,") | st.text())
def test_reading_a_date_never_fails(text):
    moment = parse_date_like(text)
    assert moment is None or moment.tzinfo is not None
