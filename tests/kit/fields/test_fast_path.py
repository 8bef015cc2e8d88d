"""The fast path never decides otherwise than the full validation that it saves."""

from itertools import product

import pytest
from hypothesis import given, strategies as st

from destination_kit import MISSING
from destination_kit.fields import compile_fast_path, compile_validator
from destination_kit.fields.fast_path import compile_validity_test
from destination_kit.mapping import copy_payload
from destinations.qualtrics import QUALTRICS

SCHEMA = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "short": {"type": "string", "maxLength": 3},
        "choice": {"type": "string", "enum": ["a", "b"]},
        "when": {"type": ["string", "number"], "format": "date-like"},
        "flag": {"type": "boolean"},
        "whole": {"type": "integer", "minimum": 2},
        "number": {"type": "number"},
        "maybe": {"type": ["string", "null"]},
        "none": {"type": ["integer", "null"]},
        "map": {"type": "object"},
        "shaped": {"type": "object", "properties": {"n": {"type": "number"}}},
        "list": {"type": "array", "items": {"type": "string"}},
        "any": {},
    },
    "required": ["text"],
}
CONDITIONAL = {
    **SCHEMA,
    "allOf": [
        {
            "if": {"properties": {"choice": {"const": "a"}}, "required": ["choice"]},
            "then": {"required": ["flag"]},
        },
        {
            "if": {"properties": {"none": {"type": "null"}}, "required": ["none"]},
            "then": {"required": ["short"]},
        },
    ],
}
SCHEMAS = [SCHEMA, CONDITIONAL, *(action.fields for action in QUALTRICS.actions.values())]
NAMES = sorted({name for schema in SCHEMAS for name in schema["properties"]} | {"stranger"})
SCALARS = st.one_of(
    st.sampled_from(
        ["", "a", "b", "2024-02-30T12:00:00Z", "2024-02-29", "true", "0", "é", "\ud800", "1e999"]
    ),
    st.sampled_from([None, MISSING, True, False, 0, 1, 2, 3.0, 2.5, float("inf"), float("nan")]),
    st.text(max_size=5),
)
KEYS = st.sampled_from(["k", "é", "n", "__proto__", "\ud800"])
VALUES = st.one_of(
    SCALARS,
    st.dictionaries(KEYS, SCALARS, max_size=3),
    st.lists(SCALARS, max_size=2),
    st.dictionaries(KEYS, st.lists(SCALARS, max_size=1), max_size=2),
)


RESOLVED = st.dictionaries(st.sampled_from(NAMES), VALUES)


def try_fast_path(schema, resolved, literals=()):
    shape = {name: value if name in literals else MISSING for name, value in resolved.items()}
    return compile_fast_path(schema)(shape)(resolved)


def _scalars(resolved):
    return [name for name, value in resolved.items() if not isinstance(value, dict | list)]


@given(st.sampled_from(SCHEMAS), RESOLVED, st.data())
def test_the_fast_path_agrees_with_the_full_validation(schema, resolved, data):
    literals = data.draw(st.sets(st.sampled_from(_scalars(resolved) or [""])))
    before = repr(resolved)
    accepted = try_fast_path(schema, resolved, literals)
    if accepted is None:
        return
    payload, problems = compile_validator(schema)(copy_payload(resolved))
    assert not problems
    assert (repr(accepted), list(accepted)) == (repr(payload), list(payload))
    assert repr(resolved) == before
    assert all(
        accepted[name] is not resolved[name]
        for name in accepted
        if isinstance(accepted[name], dict)
    )


def test_a_usual_payload_needs_the_fast_path_alone():
    usual = {"text": "t", "when": "2024-02-29T12:00:00.5Z", "flag": False, "maybe": None}
    more = {
        "map": {"k": 1.5, "gap": MISSING},
        "whole": 2,
        "short": "é",
        "none": MISSING,
        "number": 1,
        "choice": "",
    }
    resolved = {**usual, **more}
    for schema, literals in product((SCHEMA, CONDITIONAL), ((), _scalars(resolved))):
        accepted = try_fast_path(schema, resolved, literals)
        assert accepted == {**usual, "map": {"k": 1.5}, "whole": 2, "short": "é", "number": 1}


def test_what_the_fast_path_cannot_decide_is_left_to_the_full_validation():
    for odd in (
        {"text": "t", "flag": "true"},
        {"text": "t", "stranger": 1},
        {"text": "t", "shaped": {"n": 1}},
        {"text": "t", "choice": "a"},
        {"text": "t", "none": 0},
        {"flag": True},
        {"text": "\ud800"},
    ):
        assert (
            try_fast_path(CONDITIONAL, odd)
            is try_fast_path(CONDITIONAL, odd, _scalars(odd))
            is None
        )
    for schema in ({}, {**SCHEMA, "minProperties": 1}):
        assert try_fast_path(schema, {"text": "t"}) is None
    assert compile_fast_path(SCHEMA)(None)({"text": "t"}) is None
    assert compile_fast_path(SCHEMA)({"text": MISSING})("text") is None


LEFT, GONE = object(), object()
LABELLED = {"type": "string", "oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [
        *(({"type": "string"}, "a", "a"), ({"type": "string"}, "é", "é")),
        *(({"type": "string"}, "", GONE), ({"type": "string"}, None, GONE)),
        *(({"type": "string"}, MISSING, GONE), ({"type": "string"}, 1, LEFT)),
        *(({"type": "string"}, "\ud800", LEFT), ({"type": "string"}, ["a"], LEFT)),
        *(({"type": "string", "maxLength": 3}, "abc", "abc"), ({"type": "string", "maxLength": 3}, "abcd", LEFT)),
        *(({"type": "string", "maxLength": 3}, "é\ud800", LEFT), ({"type": "string", "maxLength": 3}, 1, LEFT)),
        *(({"type": ["string", "null"]}, None, None), ({"type": ["string", "null"]}, "", GONE)),
        *(({"type": "integer"}, 1, 1), ({"type": "integer"}, 1.0, LEFT), ({"type": "integer"}, True, LEFT)),
        *(({"type": "number"}, 1, 1), ({"type": "number"}, 1.5, LEFT), ({"type": "number"}, "1", LEFT)),
        *(({"type": "boolean"}, False, False), ({"type": "boolean"}, 0, LEFT)),
        *(({"type": "string", "title": "T", "x-hint": 1}, "a", "a"), ({"type": "string", "unknown": 1}, "a", LEFT)),
        *((LABELLED, "a", "a"), (LABELLED, "c", LEFT)),
        *(({"type": "array"}, [1], LEFT), ({}, 1, LEFT), (True, 1, LEFT)),
        ({"type": "object"}, {"k": "é", "gap": MISSING, "n": 1}, {"k": "é", "n": 1}),
        *(({"type": "object", "x-hint": 1}, {"a": None}, {"a": None}), ({"type": "object"}, None, GONE)),
        *(({"type": "object"}, {"k": "\ud800"}, LEFT), ({"type": "object"}, {"é": 1}, LEFT)),
        *(({"type": "object"}, {"__proto__": 1}, LEFT), ({"type": "object"}, {1: 2}, LEFT)),
        *(({"type": "object"}, "x", LEFT), ({"type": "object"}, {"k": [1]}, LEFT)),
        *(({"type": "object", "maxProperties": 1}, {"k": 1}, LEFT), ({"type": ["object", "null"]}, {}, LEFT)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("literals", [(), ("f",)])
def test_the_fast_path_sends_what_needs_no_change_and_leaves_the_rest(field, value, sent, literals):
    if literals and isinstance(value, dict | list):
        return
    properties = {"first": {"type": "string"}, "f": field, "last": {"type": "boolean"}}
    schema = {"type": "object", "properties": properties}
    resolved = {"first": "1", "f": value, "last": True}
    expected = {"first": "1", "f": sent, "last": True}
    if sent is GONE:
        del expected["f"]
    assert try_fast_path(schema, resolved, literals) == (None if sent is LEFT else expected)
    needed = try_fast_path({**schema, "required": ["first", "f", "last"]}, resolved, literals)
    assert needed == (None if sent in (LEFT, GONE) else expected)


def test_a_condition_is_decided_where_both_outcomes_accept_the_payload():
    condition = {"if": {"required": ["a"]}, "then": {"required": ["b"]}}
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    for rule in (condition, {**condition, "then": True, "else": {"required": ["b"]}}):
        conditional = {**schema, "allOf": [rule]}
        assert try_fast_path(conditional, {"a": "1", "b": "2"}) == {"a": "1", "b": "2"}
        assert try_fast_path(conditional, {"a": "1", "b": ""}) is None


@pytest.mark.parametrize(
    ("schema", "accepted", "undecided"),
    [
        (True, [1, None], []),
        (False, [], [1, None]),
        ({}, [1, "a", []], []),
        ({"x-note": 1, "$comment": "c"}, [1], []),
        ({"unknown": 1}, [], [1]),
        ({"type": "integer"}, [1, 2.0], [1.5, "1", True]),
        ({"type": ["integer", "number"]}, [1, 1.5], ["1", None]),
        ({"type": "array"}, [[]], [{}, "a"]),
        ({"enum": [1, "a", None, [2]]}, [1, "a", None], [True, 1.5, "b", [2], {}]),
        ({"const": True}, [True], [1, "true"]),
        ({"minLength": 2}, ["ab", 1], ["a"]),
        ({"maxLength": 2}, ["ab", 100], ["abc"]),
        ({"minimum": 2}, [2, "1"], [1, 1.9]),
        ({"maximum": 2}, [2, "3"], [3, 2.1]),
        ({"minimum": "2"}, [], [2, 3]),
        ({"minItems": 1, "maxItems": 2}, [[1], [1, 2], "a"], [[], [1, 2, 3]]),
        ({"minProperties": 1, "maxProperties": 1}, [{"a": 1}], [{}, {"a": 1, "b": 2}]),
        ({"type": "string", "minLength": 1, "maxLength": 2}, ["a", "ab"], ["", "abc", 1]),
        ({"pattern": "^a"}, ["ab", 1], ["b"]),
        ({"format": "uuid"}, [1], ["a"]),
        ({"format": "no such format"}, ["a"], []),
        ({"items": {"type": "string"}}, [["a"], [], 1], [["a", 1]]),
        ({"items": [{"type": "string"}]}, [], [["a"], 1]),
        ({"uniqueItems": True}, [[1, 2]], [[1, 1]]),
        ({"uniqueItems": False}, [[1, 1]], []),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [1, 2], [0, 3]),
        ({"anyOf": [{"maximum": 1}, {"minimum": 3}]}, [1, 3], [2]),
        ({"oneOf": [{"const": "a", "title": "A"}, {"const": True}]}, ["a", True], ["b", 1]),
        ({"oneOf": [{"const": 1}, {"const": 1.0}]}, [], [1]),
        ({"oneOf": [{"const": "a"}, {"const": "a"}]}, [], ["a"]),
        ({"oneOf": [{"const": "a"}, {"minLength": 3}]}, [], ["a", "abc"]),
        ({"oneOf": [{"const": "a"}, True]}, [], ["a"]),
        ({"required": ["a"]}, [{"a": 1}, {"a": 1, "b": 2}, 5], [{}, {"b": 1}]),
        ({"properties": {"a": {"type": "string"}}}, [{"a": "x"}, {"b": 1}, 5], [{"a": 1}]),
        ({"additionalProperties": False}, [{}, 5], [{"a": 1}]),
        ({"properties": {"a": True}, "additionalProperties": {"minimum": 2}}, [{"a": 0, "b": 2}], [{"b": 1}]),
        ({"if": {"const": 1}, "then": {"maximum": 5}, "else": {"minimum": 3}}, [3, 5], [2, 6]),
        ({"if": {"const": 1}, "then": {"maximum": 5}}, [0, 5], [6]),
        ({"if": {"const": 1}, "else": {"maximum": 5}}, [0, 5], [6]),
        ({"if": {"const": 1}}, [1, 2], []),
    ],
)  # fmt: skip
def test_a_validity_test_accepts_what_is_certain(schema, accepted, undecided):
    is_valid = compile_validity_test(schema)
    assert [value for value in accepted if not is_valid(value)] == []
    assert [value for value in undecided if is_valid(value)] == []
