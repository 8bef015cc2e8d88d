"""Checker of payloads: the fast validity test first, `jsonschema` for what that cannot decide."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from destination_kit._json import as_object, pointer
from destination_kit._patterns import find_pattern_limit
from destination_kit._python_values import is_decimal
from destination_kit.errors import Problem
from destination_kit.fields.coercion import UnboundedNumber
from destination_kit.fields.fast_path import compile_validity_test
from destination_kit.fields.formats import FORMATS
from destination_kit.fields.linear_rules import LINEAR_RULES, MOST_UNDECIDED

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from destination_kit._json import Json, JsonObject

Checker: TypeAlias = "Callable[[Json], tuple[Problem, ...]]"
"""A value -> its problems, sorted by path; none if it is valid."""

Path: TypeAlias = "tuple[str | int, ...]"

_FOUND_TYPES = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    UnboundedNumber: "no finite number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_EXPECTED_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_MESSAGES = {
    "minimum": "must be {} or more",
    "maximum": "must be {} or less",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "multipleOf": "must be a multiple of {}",
    "minLength": "must have {} or more characters",
    "maxLength": "must have {} or fewer characters",
    "minItems": "must have {} or more items",
    "maxItems": "must have {} or fewer items",
    "minProperties": "must have {} or more properties",
    "maxProperties": "must have {} or fewer properties",
    "pattern": "must match the pattern {}",
    "format": "must be a valid {}",
    "uniqueItems": "must not contain the same item twice",
    "additionalProperties": "has properties that are not allowed",
    "not": "is not allowed",
    "items": f"has more than {MOST_UNDECIDED:,} items that have to be checked one by one",
    "propertyNames": f"has more than {MOST_UNDECIDED:,} names that have to be checked one by one",
}
_FORMAT_NAMES = {
    "date-like": "date",
    "date-time": "date and time",
    "email": "email address",
    "hostname": "host name",
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
    "json-pointer": "JSON Pointer",
    "regex": "regular expression",
    "relative-json-pointer": "relative JSON Pointer",
    "uri": "URI",
    "uri-reference": "URI or path",
    "uri-template": "URI template",
    "uuid": "UUID",
}
_MOST_PROBLEMS: Final = 100
_MOST_OPTIONS: Final = 50
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def compile_checker(rules: JsonObject, titled_schema: JsonObject) -> Checker:
    """Compile the rules of a schema into a checker.

    `titled_schema` gives the titles of fields for the messages. A message names the type of the
    value that was found, never the value: it may be a secret. The problem of a missing field has
    the path of that field.
    """
    is_valid = compile_validity_test(rules)
    # The import of `jsonschema` takes about 90 ms. Most checkers never need it, because `is_valid`
    # accepts what they see.
    load_validator = cache(lambda: build_schema_validator(rules))

    def check(value: Json) -> tuple[Problem, ...]:
        if is_valid(value):
            return ()
        errors = load_validator().iter_errors(value)
        problems = (
            problem for error in errors for problem in _describe_error(error, titled_schema)
        )
        # An array of 50,000 wrong items has as many problems, which take 1.5 s to describe.
        listed = list(islice(problems, _MOST_PROBLEMS + 1))
        if len(listed) > _MOST_PROBLEMS:
            message = f"has more problems than these {_MOST_PROBLEMS}"
            listed[_MOST_PROBLEMS:] = [build_problem((), "problems", titled_schema, message)]
        return sort_problems(listed)

    return check


def sort_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return each problem once, sorted by path."""
    return tuple(
        sorted(set(problems), key=lambda problem: (problem.path, problem.code, problem.message))
    )


def build_schema_validator(schema: JsonObject, referenced: Iterable[JsonObject] = ()) -> Validator:
    """Return a draft-07 validator with our formats and the reference's rules for infinite numbers.

    `referenced` are the schemas that `$ref` names by their `$id`.
    """
    from jsonschema import FormatChecker
    from referencing import Registry, Resource

    # jsonschema checks some formats only where another package is installed
    # (`jsonschema/_format.py`). With these formats, two machines could judge one payload
    # differently.
    format_checker = FormatChecker(formats=())
    for name, is_of_format in FORMATS.items():
        format_checker.checkers[name] = (cast("Callable[[object], bool]", is_of_format), ())
    resources = [(str(other["$id"]), Resource.from_contents(other)) for other in referenced]
    registry = Registry[Any]().with_resources(resources)
    validator: Validator = _build_validator_class()(
        schema, format_checker=format_checker, registry=registry
    )
    return validator


def build_problem(path: Path, code: str, titled_schema: JsonObject, message: str) -> Problem:
    """Return a problem whose message starts with the title of the field at its path."""
    return Problem(pointer(*path), code, f"{_find_title(path, titled_schema)} {message}.")


def describe_type(value: object) -> str:
    """Return the type of a value in words, such as `a number`."""
    return "a number" if is_decimal(value) else _FOUND_TYPES.get(type(value), "something else")


def describe_violation(keyword: str, rule: Any, value: object) -> str:
    """Return the end of a message: how the value violates the rule of a keyword."""
    if keyword == "type":
        types = [rule] if isinstance(rule, str) else rule
        expected = " or ".join(_EXPECTED_TYPES[name] for name in types)
        return f"must be {expected}, but {describe_type(value)} was found"
    if options := _list_options(keyword, rule):
        return f"must be one of {', '.join(options)}"
    if keyword == "pattern" and len(str(value)) > find_pattern_limit(rule):
        limit = find_pattern_limit(rule)
        return f"must have {limit:,} or fewer characters, so that its pattern can be tried"
    if keyword == "format":
        rule = _FORMAT_NAMES.get(rule, rule)
    if keyword in _MESSAGES:
        return _MESSAGES[keyword].format(rule)
    return f"does not satisfy `{keyword}`"


@cache
def _build_validator_class() -> Any:
    """Return draft-07's validator class, changed for the numbers that coercion leaves.

    A text may have become an infinite number. As in the reference, such a number passes every
    limit and counts as an integer.
    """
    from jsonschema import Draft7Validator
    from jsonschema.validators import extend

    types = Draft7Validator.TYPE_CHECKER
    rules = Draft7Validator.VALIDATORS
    numbers = {
        "number": lambda _, value: types.is_type(value, "number") and _is_bounded(value),
        "integer": lambda _, value: types.is_type(value, "integer") or _is_infinite_text(value),
    }
    return extend(  # type: ignore[no-untyped-call]  # jsonschema does not annotate `extend`
        Draft7Validator,
        validators={name: _limit_finite(rules[name]) for name in _LIMITS} | dict(LINEAR_RULES),
        type_checker=types.redefine_many(numbers),
    )


def _limit_finite(rule: Any) -> Any:
    def check(validator: Any, limit: Any, instance: Any, schema: Any) -> Any:
        is_infinite = isinstance(instance, float) and not math.isfinite(instance)
        try:
            return () if is_infinite else tuple(rule(validator, limit, instance, schema) or ())
        except OverflowError:  # an integer beyond the floats, to divide by a fraction
            return ()

    return check


def _is_bounded(value: object) -> bool:
    return not isinstance(value, UnboundedNumber)


def _is_infinite_text(value: object) -> bool:
    return isinstance(value, float) and math.isinf(value) and _is_bounded(value)


def _describe_error(error: ValidationError, titled_schema: JsonObject) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    keyword = str(error.validator)
    rule: Any = error.validator_value
    value: Any = error.instance
    if keyword == "required":
        for name in rule:
            if name not in value:
                yield build_problem((*path, name), keyword, titled_schema, "is required")
    else:
        message = describe_violation(keyword, rule, value)
        if keyword == "pattern" and len(value) <= find_pattern_limit(rule):
            # A pattern is no sentence. Where its author gives one, a person reads that instead.
            schema: Any = error.schema
            message = schema.get("x-pattern-message", message)
        yield build_problem(path, keyword, titled_schema, message)


def _list_options(keyword: str, rule: Any) -> list[str]:
    """Return the values that an enumeration or a labelled choice allows, as JSON."""
    if keyword in ("oneOf", "anyOf") and all("const" in branch for branch in rule):
        values = [branch["const"] for branch in rule]
    elif keyword in ("enum", "const"):
        values = rule if keyword == "enum" else [rule]
    else:
        return []
    # 100 wrong items of an enumeration of 3,000 would take 0.3 s to describe in full.
    shown = [json.dumps(value, ensure_ascii=False) for value in values[:_MOST_OPTIONS]]
    surplus = len(values) - len(shown)
    return [*shown, f"{surplus:,} more"] if surplus else shown


def _find_title(path: Path, titled_schema: JsonObject) -> str:
    schema = titled_schema
    for step in path:
        is_item = isinstance(step, int)
        schema = as_object(
            schema.get("items") if is_item else as_object(schema.get("properties")).get(str(step))
        )
    title = schema.get("title")
    return str(title or (f"The value at {pointer(*path)}" if path else "The payload"))
