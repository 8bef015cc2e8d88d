"""The words of an author's schema, checked without `jsonschema`: quick enough for every start."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import pointer
from destination_kit.errors import Problem, did_you_mean
from destination_kit.fields.cleaning import types_of
from destination_kit.fields.coercion import KINDS
from destination_kit.fields.resources import load_metaschema
from destination_kit.fields.verdict import in_order
from destination_kit.fields.views import fields_of

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


def check_words(schema: JsonObject) -> tuple[Problem, ...]:
    """Return the keywords, types and required names of a schema that do not exist, by place."""
    return in_order(
        problem
        for place, field in every_field(schema)
        for check in (_unknown_keywords, _unknown_types, _unknown_requirements)
        for problem in check(field, place)
    )


def every_field(schema: JsonObject, *at: str) -> Iterator[tuple[tuple[str, ...], JsonObject]]:
    """Yield a schema and each one nested in it, with the steps that lead there."""
    yield at, schema
    for name, field in fields_of(schema):
        yield from every_field(field, *at, "properties", name)
    if isinstance(items := schema.get("items"), Mapping):
        yield from every_field(items, *at, "items")


def _unknown_keywords(field: JsonObject, place: tuple[str, ...]) -> Iterator[Problem]:
    known = load_metaschema("field")["properties"]
    for word in field:
        if isinstance(known, Mapping) and word not in known:
            message = f"There is no keyword {word!r}{did_you_mean(word, known)}"
            yield Problem(pointer(*place, word), "keyword", message)


def _unknown_types(field: JsonObject, place: tuple[str, ...]) -> Iterator[Problem]:
    for name in types_of(field):
        if name not in KINDS:
            message = f"There is no type {name!r}{did_you_mean(name, KINDS)}"
            yield Problem(pointer(*place, "type"), "type", message)


def _unknown_requirements(field: JsonObject, place: tuple[str, ...]) -> Iterator[Problem]:
    known = dict(fields_of(field))
    required = field.get("required")
    for index, name in enumerate(required if known and isinstance(required, list | tuple) else ()):
        if name not in known:
            hint = did_you_mean(name, known)
            message = f"`required` names {json.dumps(name)}, which is not a field{hint}"
            yield Problem(pointer(*place, "required", index), "required", message)
