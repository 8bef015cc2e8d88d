"""Checks of an author's schema against the meta-schemas and our vocabulary."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from destination_kit._json import as_array, as_object, pointer
from destination_kit._patterns import explain_refusal, iter_patterns
from destination_kit.errors import Problem, did_you_mean
from destination_kit.fields.checker import build_schema_validator, describe_violation, sort_problems
from destination_kit.fields.coercion import PYTHON_TYPES
from destination_kit.fields.introspection import iter_fields, list_types
from destination_kit.fields.schema_files import load_metaschema

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from destination_kit._json import JsonObject

_REFERENCED_METASCHEMAS = ("field", "action", "mapping", "instance")


def check_schema(schema: JsonObject) -> tuple[Problem, ...]:
    """Return everything that is wrong with an author's schema, sorted by path.

    The schema must be an object schema of draft-07 with keywords of our vocabulary only. The
    fields that it requires must exist, and its patterns must compile. Paths point into the schema.
    """
    problems = {
        *_check_with_metaschemas(schema),
        *check_keywords(schema),
        *_check_patterns(schema),
    }
    for steps, field in iter_schemas(schema):
        problems |= {*_check_choices(field, pointer(*steps))}
    if schema.get("type", "object") != "object":
        message = 'The schema of fields must be of type "object".'
        problems.add(Problem("/type", "type", message))
    return sort_problems(problem for problem in problems if not _is_echo(problem, problems))


def check_keywords(schema: JsonObject) -> tuple[Problem, ...]:
    """Return the unknown keywords, types and required names of a schema, sorted by path."""
    return sort_problems(
        problem
        for steps, field in iter_schemas(schema)
        for check in (_find_unknown_keywords, _find_unknown_types, _find_unknown_requirements)
        for problem in check(field, steps)
    )


def iter_schemas(schema: JsonObject, *at: str) -> Iterator[tuple[tuple[str, ...], JsonObject]]:
    """Yield the steps to the schema and to each schema nested in it, with the schema there."""
    yield at, schema
    for name, field in iter_fields(schema):
        yield from iter_schemas(field, *at, "properties", name)
    if isinstance(items := schema.get("items"), Mapping):
        yield from iter_schemas(items, *at, "items")


@cache
def load_metaschema_validator(name: str) -> Validator:
    """Return the validator of the documents that a meta-schema of ours, or `draft-07`, describes."""
    from jsonschema import Draft7Validator

    if name == "draft-07":
        return build_schema_validator(Draft7Validator.META_SCHEMA)
    return build_schema_validator(
        load_metaschema(name), map(load_metaschema, _REFERENCED_METASCHEMAS)
    )


def _check_with_metaschemas(schema: JsonObject) -> Iterator[Problem]:
    for name in ("draft-07", "field"):
        for error in load_metaschema_validator(name).iter_errors(schema):
            keyword = str(error.validator)
            if keyword == "additionalProperties":
                continue  # `check_keywords` reports it too, with a suggestion; two reports would confuse
            path = pointer(*error.absolute_path)
            rule: Any = error.validator_value
            message = describe_violation(keyword, rule, error.instance)
            yield Problem(path, keyword, f"The value at {path or '/'} {message}.")


def _is_echo(problem: Problem, problems: Collection[Problem]) -> bool:
    """Return whether an `anyOf` problem only repeats a problem at or below its path.

    Draft-07 has alternatives below `items` and `type`. A wrong value there causes one error for
    the alternative that it breaks, and another for the `anyOf` around it.
    """
    return problem.code == "anyOf" and any(_explains(other, problem) for other in problems)


def _explains(problem: Problem, echo: Problem) -> bool:
    if problem.path == echo.path:
        return problem.code != echo.code
    return problem.path.startswith(f"{echo.path}/")


def _find_unknown_keywords(field: JsonObject, steps: tuple[str, ...]) -> Iterator[Problem]:
    known = as_object(load_metaschema("field")["properties"])
    for keyword in field:
        if keyword not in known:
            message = f"There is no keyword {keyword!r}{did_you_mean(keyword, known)}"
            yield Problem(pointer(*steps, keyword), "keyword", message)


def _find_unknown_types(field: JsonObject, steps: tuple[str, ...]) -> Iterator[Problem]:
    for name in list_types(field):
        if name not in PYTHON_TYPES:
            message = f"There is no type {name!r}{did_you_mean(name, PYTHON_TYPES)}"
            yield Problem(pointer(*steps, "type"), "type", message)


def _find_unknown_requirements(field: JsonObject, steps: tuple[str, ...]) -> Iterator[Problem]:
    known = dict(iter_fields(field))
    # A schema without properties is open, so an event may have the fields that it requires.
    required = as_array(field.get("required")) if known else ()
    for index, name in enumerate(required):
        if name not in known:
            hint = did_you_mean(name, known)
            message = f"`required` names {json.dumps(name)}, which is not a field{hint}"
            yield Problem(pointer(*steps, "required", index), "required", message)


def _check_patterns(schema: JsonObject) -> Iterator[Problem]:
    for steps, pattern in iter_patterns(schema):
        if message := explain_refusal(pattern):
            yield Problem(pointer(*steps), "pattern", message)


def _check_choices(field: JsonObject, location: str) -> Iterator[Problem]:
    known: set[str] = set()
    for index, choice in enumerate(as_array(field.get("oneOf"))):
        if not isinstance(choice, Mapping) or "const" not in choice:
            continue
        value = json.dumps(choice["const"])
        if value in known:
            # `oneOf` wants exactly one branch to match, but this value always matches two.
            message = f"The value {value} occurs twice, so it can never be chosen."
            yield Problem(f"{location}/oneOf/{index}", "oneOf", message)
        known.add(value)
