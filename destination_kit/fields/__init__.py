"""Fields: what makes a payload clean, of the right types and valid, compiled from JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

from destination_kit._json import pointer
from destination_kit.errors import DefinitionError, Problem
from destination_kit.fields.checker import compile_judge, in_order, kind_of, problem_at
from destination_kit.fields.cleaning import compile_cleaner, filled, fresh, types_of
from destination_kit.fields.coercion import KINDS, compile_coercer, compile_preparation
from destination_kit.fields.conditions import (
    after_coercion,
    before_coercion,
    names_tested_for_null,
)
from destination_kit.fields.dates import parse_date_like
from destination_kit.fields.fast_path import compile_look
from destination_kit.fields.formats import FORMATS
from destination_kit.fields.introspection import (
    compile_secrets,
    defaults,
    fields_of,
    mapping_schema,
    payload_schema,
    secret_names,
)
from destination_kit.fields.metaschema import check_fields, check_words
from destination_kit.fields.schema_files import load_metaschema

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Value

__all__ = [
    "FORMATS",
    "Validator",
    "check_fields",
    "check_words",
    "compile_fields",
    "compile_look",
    "compile_secrets",
    "defaults",
    "fields_of",
    "load_metaschema",
    "mapping_schema",
    "parse_date_like",
    "payload_schema",
    "secret_names",
]

Validator: TypeAlias = "Callable[[Value], tuple[dict[str, Json], tuple[Problem, ...]]]"
"""payload -> (a new payload: clean, coerced, without unknown properties; its problems)."""


def compile_fields(
    schema: JsonObject, *, exempt: Collection[str] = (), cleaned: bool = True
) -> Validator:
    """Compile an author's schema into the validator of its payloads.

    A payload is copied whole, so nothing of it is shared with its event. It is then cleaned,
    coerced and checked by the reference's rules for single events; those for settings leave the
    cleaning out, so that a null becomes "", 0 or false; so does a schema without any property.
    `exempt` names properties that pass although no field describes them. The problems are empty
    where the payload is valid, and sorted by place. A schema that cannot be compiled is a
    `DefinitionError`.
    """
    whole: JsonObject = {"type": "object", **schema}
    _refuse_unknown_types(whole)
    clean = compile_cleaner(whole if cleaned and whole.get("properties") else {}, root=True)
    coerce = compile_coercer(whole)
    arrays = frozenset(name for name, field in fields_of(whole) if field.get("type") == "array")
    prepare = compile_preparation(arrays, names_tested_for_null(whole))
    try:
        judge_before = compile_judge(before_coercion(whole), whole)
        judge_after = compile_judge(after_coercion(whole), whole)
    except re.error as error:
        raise DefinitionError(f"a pattern does not compile: {error}", where="fields") from None

    def validate(payload: Value) -> tuple[dict[str, Json], tuple[Problem, ...]]:
        gaps: list[None] = []
        given = clean(fresh(payload, gaps))
        if not isinstance(given, dict):
            wanted = f"must be an object, but {kind_of(given)} was found"
            return {}, (problem_at((), "type", whole, wanted),)
        prepare(given)
        spared = {name: given[name] for name in exempt if name in given} if exempt else {}
        problems = judge_before(given)
        coerced = coerce(given)
        problems = in_order(problems + judge_after(coerced)) if problems else judge_after(coerced)
        if gaps and not problems:
            coerced = filled(coerced)
        return (coerced | spared if isinstance(coerced, dict) else {}), problems

    return validate


def _refuse_unknown_types(schema: JsonObject, *at: str) -> None:
    for name in types_of(schema):
        if name not in KINDS:
            raise DefinitionError(f"there is no type {name!r}", where=pointer(*at) or "fields")
    for name, field in fields_of(schema):
        _refuse_unknown_types(field, *at, "properties", name)
    if isinstance(items := schema.get("items"), Mapping):
        _refuse_unknown_types(items, *at, "items")
