"""Fields: what makes a payload clean, of the right types and valid, compiled from JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

from destination_kit._json import pointer
from destination_kit.errors import DefinitionError, Problem
from destination_kit.fields.checker import (
    build_problem,
    compile_checker,
    describe_type,
    sort_problems,
)
from destination_kit.fields.cleaning import (
    compile_cleaner,
    copy_draft,
    fill_missing_items,
    list_types,
)
from destination_kit.fields.coercion import PYTHON_TYPES, compile_coercer, compile_preparation
from destination_kit.fields.conditions import (
    find_null_tests,
    select_rules_after_coercion,
    select_rules_before_coercion,
)
from destination_kit.fields.dates import parse_date_like
from destination_kit.fields.fast_path import compile_fast_path
from destination_kit.fields.formats import FORMATS
from destination_kit.fields.introspection import (
    build_mapping_schema,
    build_payload_schema,
    collect_defaults,
    collect_secret_names,
    compile_secret_finder,
    iter_fields,
)
from destination_kit.fields.metaschema import check_keywords, check_schema
from destination_kit.fields.schema_files import load_metaschema

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Value

__all__ = [
    "FORMATS",
    "Validator",
    "build_mapping_schema",
    "build_payload_schema",
    "check_keywords",
    "check_schema",
    "collect_defaults",
    "collect_secret_names",
    "compile_fast_path",
    "compile_secret_finder",
    "compile_validator",
    "iter_fields",
    "load_metaschema",
    "parse_date_like",
]

Validator: TypeAlias = "Callable[[Value], tuple[dict[str, Json], tuple[Problem, ...]]]"
"""payload -> (a new payload: clean, coerced, without unknown properties; its problems)."""


def compile_validator(
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
    arrays = frozenset(name for name, field in iter_fields(whole) if field.get("type") == "array")
    prepare = compile_preparation(arrays, find_null_tests(whole))
    try:
        judge_before = compile_checker(select_rules_before_coercion(whole), whole)
        judge_after = compile_checker(select_rules_after_coercion(whole), whole)
    except re.error as error:
        raise DefinitionError(f"a pattern does not compile: {error}", where="fields") from None

    def validate(payload: Value) -> tuple[dict[str, Json], tuple[Problem, ...]]:
        gaps: list[None] = []
        given = clean(copy_draft(payload, gaps))
        if not isinstance(given, dict):
            wanted = f"must be an object, but {describe_type(given)} was found"
            return {}, (build_problem((), "type", whole, wanted),)
        prepare(given)
        spared = {name: given[name] for name in exempt if name in given} if exempt else {}
        problems = judge_before(given)
        coerced = coerce(given)
        problems = (
            sort_problems(problems + judge_after(coerced)) if problems else judge_after(coerced)
        )
        if gaps and not problems:
            coerced = fill_missing_items(coerced)
        return (coerced | spared if isinstance(coerced, dict) else {}), problems

    return validate


def _refuse_unknown_types(schema: JsonObject, *at: str) -> None:
    for name in list_types(schema):
        if name not in PYTHON_TYPES:
            raise DefinitionError(f"there is no type {name!r}", where=pointer(*at) or "fields")
    for name, field in iter_fields(schema):
        _refuse_unknown_types(field, *at, "properties", name)
    if isinstance(items := schema.get("items"), Mapping):
        _refuse_unknown_types(items, *at, "items")
