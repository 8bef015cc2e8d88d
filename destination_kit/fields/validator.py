"""Payload validation: fast path, else copy, clean, coerce and check, compiled from one schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

from destination_kit._json import pointer
from destination_kit.errors import DefinitionError, Problem
from destination_kit.fields.checker import (
    Checker,
    build_problem,
    compile_checker,
    describe_type,
    sort_problems,
)
from destination_kit.fields.cleaning import compile_cleaner, copy_value, fill_missing_items
from destination_kit.fields.coercion import PYTHON_TYPES, compile_coercer, compile_early_coercer
from destination_kit.fields.conditions import (
    find_null_tests,
    select_rules_after_coercion,
    select_rules_before_coercion,
)
from destination_kit.fields.fast_path import Shape, compile_fast_path
from destination_kit.fields.introspection import iter_fields, list_types

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Value

Validator: TypeAlias = "Callable[[Value], tuple[dict[str, Json], tuple[Problem, ...]]]"
"""payload -> (a new payload: clean, coerced, without unknown properties; its problems)."""


def compile_payload_validator(
    schema: JsonObject, *, copy: Callable[[Value], Value], exempt: Collection[str] = ()
) -> Callable[[Shape | None], Validator]:
    """Compile the hot path of an action's payloads: the shape of a mapping -> its validator.

    The validator takes what that mapping resolves to. A payload that the fast path accepts is
    final. Any other goes through `copy`, which bounds its depth, and `compile_validator`.
    """
    compile_for_shape = compile_fast_path(schema)
    validate = compile_validator(schema, exempt=exempt)

    def compile_shape(shape: Shape | None) -> Validator:
        try_fast_path = compile_for_shape(shape)

        def validate_resolved(resolved: Value) -> tuple[dict[str, Json], tuple[Problem, ...]]:
            payload = try_fast_path(resolved)
            return validate(copy(resolved)) if payload is None else (payload, ())

        return validate_resolved

    return compile_shape


def compile_validator(
    schema: JsonObject, *, exempt: Collection[str] = (), drop_empty: bool = True
) -> Validator:
    """Compile an author's schema into the validator of its payloads.

    The validator cleans, coerces and checks a copy of the payload, by the reference's rules for
    single events. Problems are sorted by path; a valid payload has none.

    Args:
        schema: A JSON Schema object (draft-07) with our `x-` annotations.
        exempt: Properties that pass although no field describes them.
        drop_empty: False keeps null and "" for coercion, which turns null into "", 0 or false. The
            reference reads settings this way. A schema without properties is never cleaned.

    Raises:
        DefinitionError: The schema cannot be compiled.

    """
    root: JsonObject = {"type": "object", **schema}
    _refuse_unknown_types(root)
    clean = compile_cleaner(root if drop_empty and root.get("properties") else {}, root=True)
    coerce_early = compile_early_coercer(_array_names(root), find_null_tests(root))
    coerce = compile_coercer(root)
    check_before, check_after = _compile_checkers(root)

    def validate(payload: Value) -> tuple[dict[str, Json], tuple[Problem, ...]]:
        cleaned = clean(copy_value(payload))
        if not isinstance(cleaned, dict):
            message = f"must be an object, but {describe_type(cleaned)} was found"
            return {}, (build_problem((), "type", root, message),)
        coerce_early(cleaned)
        exempted = {name: cleaned[name] for name in exempt if name in cleaned} if exempt else {}
        problems = check_before(cleaned)
        coerced = coerce(cleaned)
        problems += check_after(coerced)
        payload = coerced | exempted if isinstance(coerced, dict) else {}
        if problems:
            return payload, sort_problems(problems)
        fill_missing_items(payload)
        return payload, ()

    return validate


def _compile_checkers(root: JsonObject) -> tuple[Checker, Checker]:
    """Return the checkers of the payload before and after its coercion."""
    # Ajv checks conditions before it coerces the properties, and all other rules after it. A single
    # checker would apply one of the two to the wrong values.
    try:
        before = compile_checker(select_rules_before_coercion(root), root)
        after = compile_checker(select_rules_after_coercion(root), root)
    except re.error as error:
        raise DefinitionError(f"a pattern does not compile: {error}", where="fields") from None
    return before, after


def _array_names(schema: JsonObject) -> frozenset[str]:
    return frozenset(name for name, field in iter_fields(schema) if field.get("type") == "array")


def _refuse_unknown_types(schema: JsonObject, *at: str) -> None:
    # The reference reports an unknown type with each payload. The author learns of it here, before
    # any event.
    for name in list_types(schema):
        if name not in PYTHON_TYPES:
            raise DefinitionError(f"there is no type {name!r}", where=pointer(*at) or "fields")
    for name, field in iter_fields(schema):
        _refuse_unknown_types(field, *at, "properties", name)
    if isinstance(items := schema.get("items"), Mapping):
        _refuse_unknown_types(items, *at, "items")
