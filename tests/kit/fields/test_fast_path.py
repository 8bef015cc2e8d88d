"""The fast path never decides otherwise than the full validation that it saves."""

from itertools import product

from hypothesis import given, strategies as st

from destination_kit import MISSING
from destination_kit.fields import compile_fast_path, compile_validator
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
