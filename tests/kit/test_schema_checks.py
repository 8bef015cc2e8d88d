from __future__ import annotations

import pytest

from destination_kit.fields import compile_validator
from destination_kit.schema_checks import check_schema
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


# Refused and accepted by Node 20 in `new RegExp(pattern, "u")`.
@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        (r"^\"", 'there is no escape `\\"`: write `"`'),
        (r"[a\"]", 'there is no escape `\\"`: write `"`'),
        (r"a\-b", r"there is no escape `\-`: write `-`"),
        (r"\_", r"there is no escape `\_`: write `_`"),
        (r"a\@b", r"there is no escape `\@`: write `@`"),
        (r"[\w\@]", r"there is no escape `\@`: write `@`"),
        (r"\ ", r"there is no escape `\ `: write ` `"),
        (r"\é", r"there is no escape `\é`: write `é`"),
        (r"\a", r"the escape `\a` exists only in Python: write `\x07`"),
        (r"\01", r"the escape `\01` is octal: write `\x01`"),
        (r"[\1]", r"the escape `\1` is octal: write `\x01`"),
        (r"\100", r"the escape `\100` is octal: write `\x40`"),
        (r"\U0001f600", r"the escape `\U` exists only in Python: write the character itself"),
        (r"[\N{DIGIT ONE}]", r"the escape `\N` exists only in Python: write the character itself"),
        ("{", r"`{` has to be escaped: write `\{`"),
        ("a{", r"`{` has to be escaped: write `\{`"),
        ("}", r"`}` has to be escaped: write `\}`"),
        ("a]", r"`]` has to be escaped: write `\]`"),
        ("[]a]", r"`]` has to be escaped: write `\]`"),
        ("a{,3}", "`{,3}` has no least number: write `{0,3}`"),
        ("(?=a)*", "`*` repeats an assertion, which has no length: write it without"),
        ("(?!(a))+?b", "`+?` repeats an assertion, which has no length: write it without"),
        ("(?<=a){2}", "`{2}` repeats an assertion, which has no length: write it without"),
    ],
)
def test_a_pattern_that_forms_cannot_compile_is_a_problem_with_advice(pattern, advice):
    schema = {"type": "object", "properties": {"f": {"type": "string", "pattern": pattern}}}
    [problem] = check_schema(schema)
    assert problem.path == "/properties/f/pattern"
    assert problem.message.endswith(f"with JavaScript's flag `u`, as in forms: {advice}.")


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ({"items": {"pattern": "{"}}, "/items/pattern"),
        ({"allOf": [{}, {"then": {"not": {"pattern": "{"}}}]}, "/allOf/1/then/not/pattern"),
        ({"properties": {"pattern": {"oneOf": [{"pattern": "{"}]}}}, "/properties/pattern/oneOf/0"),
        ({"patternProperties": {"{": {"type": "string"}}}, "/patternProperties/{"),
        ({"additionalProperties": {"propertyNames": {"pattern": "{"}}}, "/additionalProperties"),
        ({"dependencies": {"a": {"if": {"pattern": "{"}}}}, "/dependencies/a/if/pattern"),
    ],
)
def test_a_pattern_is_checked_wherever_a_schema_has_one(field, path):
    problems = check_schema({"type": "object", "properties": {"f": field}})
    assert [problem.path.startswith(f"/properties/f{path}") for problem in problems] == [True]


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"[\-]", r"\/", "[[a]", r"[\b]", r"(?<a>b)\k<a>", r"(a)\1", r"\0", r"a{2,3}?", r"\$\{"),
        *(r"^[^\]]+$", r"(?=a)b", r"((?<=a))*", r"\x41\u00e9", r"[$]$", r"a\b|\Bb", "[{}()*]"),
    ],
)
def test_a_pattern_that_forms_compile_is_no_problem(pattern):
    schema = {"type": "object", "properties": {"f": {"type": "string", "pattern": pattern}}}
    assert check_schema(schema) == ()


@pytest.mark.parametrize(
    ("pattern", "text", "other"),
    [
        (r"^(?<a>b|c)\k<a>$", "bb", "bc"),
        (r"^[(?<a]+$", "(?<a", "(?P<a"),
        (r"[$]$", "a$", "a$\n"),
        (r"^\(\?<a$", "(?<a", "(?P<a"),
    ],
)
def test_a_pattern_means_in_python_what_it_means_in_javascript(pattern, text, other):
    validate = compile_validator({"properties": {"f": {"type": "string", "pattern": pattern}}})
    assert not validate({"f": text})[1]
    assert validate({"f": other})[1]
