"""The verdict on a payload: proved valid where that is quick, else decided by `jsonschema`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from destination_kit._json import pointer
from destination_kit.errors import Problem
from destination_kit.fields.coercion import Unbounded
from destination_kit.fields.fast_path import compile_validity_test
from destination_kit.fields.formats import FORMATS, compile_pattern

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from destination_kit._json import Json, JsonObject

Judge: TypeAlias = "Callable[[Json], tuple[Problem, ...]]"
Path: TypeAlias = "tuple[str | int, ...]"

_FOUND = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    Unbounded: "no finite number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_WANTED = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_LIMITS = {
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
    "pattern": "must look like {}",
    "format": "must be a valid {}",
    "uniqueItems": "must not hold the same item twice",
    "additionalProperties": "has properties that it must not have",
    "not": "is what it must not be",
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


def compile_checker(rules: JsonObject, titles: JsonObject) -> Judge:
    """Compile the rules into what returns every problem of a value, in the order of their places.

    `titles` is the schema that knows the fields' names. Messages tell what kind of value was found
    and never the value: it may be a secret. A missing field's problem is at its own place.
    """
    proof = compile_validity_test(rules)
    validator = cache(lambda: build_schema_validator(rules))

    def judge(value: Json) -> tuple[Problem, ...]:
        if proof(value):
            return ()
        errors = validator().iter_errors(value)
        return sort_problems(problem for error in errors for problem in _told(error, titles))

    return judge


def sort_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return each problem once, in the order of the places."""
    return tuple(sorted(set(problems), key=lambda each: (each.path, each.code, each.message)))


def build_schema_validator(schema: JsonObject, referred: Iterable[JsonObject] = ()) -> Validator:
    """Return a validator for draft-07 that knows our formats and the reference's infinities.

    `referred` are the schemas that this one refers to by their `$id`.
    """
    from jsonschema import FormatChecker
    from referencing import Registry, Resource

    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checkers[name] = (cast("Callable[[object], bool]", check), ())
    resources = [(str(each["$id"]), Resource.from_contents(each)) for each in referred]
    registry = Registry[Any]().with_resources(resources)
    validator: Validator = _validator_class()(schema, format_checker=checker, registry=registry)
    return validator


def build_problem(path: Path, code: str, titles: JsonObject, message: str) -> Problem:
    """Return a problem whose message starts with the name of the field at its place."""
    return Problem(pointer(*path), code, f"{_name(path, titles)} {message}.")


def describe_type(value: object) -> str:
    """Return in words what kind of value was found."""
    return _FOUND.get(type(value), "something else")


@cache
def _validator_class() -> Any:
    """Return draft-07 with numbers as coercion leaves them: text may have become infinite.

    Such a number passes every limit and is as whole as any other, for the reference says so.
    """
    from jsonschema import Draft7Validator
    from jsonschema.validators import extend

    types = Draft7Validator.TYPE_CHECKER
    limits = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    rules = Draft7Validator.VALIDATORS
    numbers = {
        "number": lambda _, each: types.is_type(each, "number") and _is_held(each),
        "integer": lambda _, each: types.is_type(each, "integer") or _is_from_text(each),
    }
    return extend(  # type: ignore[no-untyped-call]  # jsonschema has not annotated it
        Draft7Validator,
        validators={name: _for_finite(rules[name]) for name in limits} | {"pattern": _pattern},
        type_checker=types.redefine_many(numbers),
    )


def _pattern(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not compile_pattern(pattern).search(instance):
        yield ValidationError("does not match")


def _for_finite(rule: Any) -> Any:
    def check(validator: Any, limit: Any, instance: Any, schema: Any) -> Any:
        is_infinite = isinstance(instance, float) and not math.isfinite(instance)
        return () if is_infinite else rule(validator, limit, instance, schema)

    return check


def _is_held(value: object) -> bool:
    return not isinstance(value, Unbounded)


def _is_from_text(value: object) -> bool:
    return isinstance(value, float) and math.isinf(value) and _is_held(value)


def _told(error: ValidationError, titles: JsonObject) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    keyword = str(error.validator)
    said: Any = error.validator_value
    found: Any = error.instance
    if keyword == "required":
        for name in said:
            if name not in found:
                yield build_problem((*path, name), keyword, titles, "is required, but nothing came")
    else:
        yield build_problem(path, keyword, titles, describe_violation(keyword, said, found))


def describe_violation(keyword: str, said: Any, found: object) -> str:
    """Return in words what a keyword, and what it says, objects to in a value."""
    if keyword == "type":
        kinds = " or ".join(_WANTED[each] for each in ([said] if isinstance(said, str) else said))
        return f"must be {kinds}, but {describe_type(found)} was found"
    if options := _options(keyword, said):
        return f"must be one of {', '.join(options)}"
    if keyword == "format":
        said = _FORMAT_NAMES.get(said, said)
    return _LIMITS.get(keyword, "does not fit `{0}`").format(
        said if keyword in _LIMITS else keyword
    )


def _options(keyword: str, said: Any) -> list[str]:
    """Return the values that an enumeration or a labelled choice allows, as JSON."""
    if keyword in ("oneOf", "anyOf") and all("const" in each for each in said):
        return [json.dumps(each["const"], ensure_ascii=False) for each in said]
    if keyword in ("enum", "const"):
        values = said if keyword == "enum" else [said]
        return [json.dumps(each, ensure_ascii=False) for each in values]
    return []


def _name(path: Path, titles: JsonObject) -> str:
    """Return the title of the field at a place, with its key where the title is another word."""
    node: object = titles
    for step in path:
        if not isinstance(node, Mapping):
            break
        node = node.get("items") if isinstance(step, int) else _property(node, step)
    title = node.get("title") if isinstance(node, Mapping) else None
    return str(title or (f"The value at {pointer(*path)}" if path else "The payload"))


def _property(node: Mapping[str, Any], name: str) -> object:
    properties = node.get("properties")
    return properties.get(name) if isinstance(properties, Mapping) else None
