"""The schemas that describe our documents, and the full check of an author's own schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from destination_kit._json import pointer
from destination_kit.errors import Problem
from destination_kit.fields.formats import is_regex
from destination_kit.fields.resources import load_metaschema
from destination_kit.fields.verdict import in_order, new_validator, objection
from destination_kit.fields.words import check_words, every_field

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from destination_kit._json import JsonObject

_REFERRED = ("field", "action", "mapping")


def check_fields(schema: JsonObject) -> tuple[Problem, ...]:
    """Return everything that is wrong with an author's schema, in the order of the places.

    It must be draft-07, an object schema, and say nothing that our vocabulary does not know; what
    it requires must exist, and its patterns must compile. Paths point into the schema.
    """
    found = {*_by_metaschema(schema), *check_words(schema)}
    for steps, field in every_field(schema):
        place = pointer(*steps)
        found |= {*_bad_patterns(field, place), *_repeated_choices(field, place)}
    if schema.get("type", "object") != "object":
        found.add(Problem("/type", "type", 'The schema of fields must be of type "object".'))
    return in_order(_without_echoes(found))


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
def metaschema_validator(name: str) -> Validator:
    """Return a validator of the documents that a meta-schema, or `draft-07`, describes."""
    from jsonschema import Draft7Validator

    if name == "draft-07":
        return new_validator(Draft7Validator.META_SCHEMA)
    return new_validator(load_metaschema(name), [load_metaschema(each) for each in _REFERRED])


def _by_metaschema(schema: JsonObject) -> Iterator[Problem]:
    for name in ("draft-07", "field"):
        for error in metaschema_validator(name).iter_errors(schema):
            if error.validator == "additionalProperties":
                continue  # check_words names the keyword
            path = pointer(*error.absolute_path)
            said: Any = error.validator_value
            message = objection(str(error.validator), said, error.instance)
            yield Problem(path, str(error.validator), f"The value at {path or '/'} {message}.")


def _bad_patterns(field: JsonObject, place: str) -> Iterator[Problem]:
    pattern = field.get("pattern")
    if isinstance(pattern, str) and not is_regex(pattern):
        message = "The pattern must mean the same in JavaScript and Python, and compile."
        yield Problem(f"{place}/pattern", "pattern", message)


def _repeated_choices(field: JsonObject, place: str) -> Iterator[Problem]:
    choices = field.get("oneOf")
    seen: set[str] = set()
    for index, each in enumerate(choices if isinstance(choices, list | tuple) else ()):
        value = json.dumps(each["const"]) if isinstance(each, Mapping) and "const" in each else ""
        if value and value in seen:
            message = f"The value {value} occurs twice, so it can never be chosen."
            yield Problem(f"{place}/oneOf/{index}", "oneOf", message)
        seen.add(value)
