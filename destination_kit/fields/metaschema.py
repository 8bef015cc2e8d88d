"""The schemas that describe our documents, and the full check of an author's own schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from destination_kit._json import as_array, pointer
from destination_kit.errors import Problem, did_you_mean
from destination_kit.fields.checker import build_schema_validator, describe_violation, sort_problems
from destination_kit.fields.cleaning import list_types
from destination_kit.fields.coercion import PYTHON_TYPES
from destination_kit.fields.formats import is_regex
from destination_kit.fields.introspection import iter_fields
from destination_kit.fields.schema_files import load_metaschema

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from destination_kit._json import JsonObject


def check_keywords(schema: JsonObject) -> tuple[Problem, ...]:
    """Return the keywords, types and required names of a schema that do not exist, by place."""
    return sort_problems(
        problem
        for place, field in iter_schemas(schema)
        for check in (_unknown_keywords, _unknown_types, _unknown_requirements)
        for problem in check(field, place)
    )


def iter_schemas(schema: JsonObject, *at: str) -> Iterator[tuple[tuple[str, ...], JsonObject]]:
    """Yield a schema and each one nested in it, with the steps that lead there."""
    yield at, schema
    for name, field in iter_fields(schema):
        yield from iter_schemas(field, *at, "properties", name)
    if isinstance(items := schema.get("items"), Mapping):
        yield from iter_schemas(items, *at, "items")


def _unknown_keywords(field: JsonObject, place: tuple[str, ...]) -> Iterator[Problem]:
    known = load_metaschema("field")["properties"]
    for word in field:
        if isinstance(known, Mapping) and word not in known:
            message = f"There is no keyword {word!r}{did_you_mean(word, known)}"
            yield Problem(pointer(*place, word), "keyword", message)


def _unknown_types(field: JsonObject, place: tuple[str, ...]) -> Iterator[Problem]:
    for name in list_types(field):
        if name not in PYTHON_TYPES:
            message = f"There is no type {name!r}{did_you_mean(name, PYTHON_TYPES)}"
            yield Problem(pointer(*place, "type"), "type", message)


def _unknown_requirements(field: JsonObject, place: tuple[str, ...]) -> Iterator[Problem]:
    known = dict(iter_fields(field))
    required = field.get("required")
    for index, name in enumerate(as_array(required) if known else ()):
        if name not in known:
            hint = did_you_mean(name, known)
            message = f"`required` names {json.dumps(name)}, which is not a field{hint}"
            yield Problem(pointer(*place, "required", index), "required", message)


_REFERRED = ("field", "action", "mapping")


def check_schema(schema: JsonObject) -> tuple[Problem, ...]:
    """Return everything that is wrong with an author's schema, in the order of the places.

    It must be draft-07, an object schema, and say nothing that our vocabulary does not know; what
    it requires must exist, and its patterns must compile. Paths point into the schema.
    """
    found = {*_by_metaschema(schema), *check_keywords(schema)}
    for steps, field in iter_schemas(schema):
        place = pointer(*steps)
        found |= {*_bad_patterns(field, place), *_repeated_choices(field, place)}
    if schema.get("type", "object") != "object":
        found.add(Problem("/type", "type", 'The schema of fields must be of type "object".'))
    return sort_problems(_without_echoes(found))


def _without_echoes(found: set[Problem]) -> Iterator[Problem]:
    """Leave out that no alternative fits where it is told, there or below, what is wrong with one."""
    for each in found:
        if each.code != "anyOf" or not any(_tells_more(other, each) for other in found):
            yield each


def _tells_more(one: Problem, echo: Problem) -> bool:
    if one.path == echo.path:
        return one.code != echo.code
    return one.path.startswith(f"{echo.path}/")


@cache
def load_metaschema_validator(name: str) -> Validator:
    """Return a validator of the documents that a meta-schema, or `draft-07`, describes."""
    from jsonschema import Draft7Validator

    if name == "draft-07":
        return build_schema_validator(Draft7Validator.META_SCHEMA)
    return build_schema_validator(
        load_metaschema(name), [load_metaschema(each) for each in _REFERRED]
    )


def _by_metaschema(schema: JsonObject) -> Iterator[Problem]:
    for name in ("draft-07", "field"):
        for error in load_metaschema_validator(name).iter_errors(schema):
            if error.validator == "additionalProperties":
                continue  # check_keywords names the keyword
            path = pointer(*error.absolute_path)
            said: Any = error.validator_value
            message = describe_violation(str(error.validator), said, error.instance)
            yield Problem(path, str(error.validator), f"The value at {path or '/'} {message}.")


def _bad_patterns(field: JsonObject, place: str) -> Iterator[Problem]:
    pattern = field.get("pattern")
    if isinstance(pattern, str) and not is_regex(pattern):
        message = "The pattern must mean the same in JavaScript and Python, and compile."
        yield Problem(f"{place}/pattern", "pattern", message)


def _repeated_choices(field: JsonObject, place: str) -> Iterator[Problem]:
    choices = field.get("oneOf")
    seen: set[str] = set()
    for index, each in enumerate(as_array(choices)):
        value = json.dumps(each["const"]) if isinstance(each, Mapping) and "const" in each else ""
        if value and value in seen:
            message = f"The value {value} occurs twice, so it can never be chosen."
            yield Problem(f"{place}/oneOf/{index}", "oneOf", message)
        seen.add(value)
