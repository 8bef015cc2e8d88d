"""Directives that decide whether a value is used: `@if` and `@excludeWhenNull`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from destination_kit._javascript import (
    PROTOTYPE_KEY,
    is_loosely_equal_to_empty,
    to_boolean,
    type_name,
)
from destination_kit._json import MISSING
from destination_kit.definitions import Compiler, Directive, Example
from destination_kit.mapping.paths import PathResolver
from destination_kit.mapping.resolvers import compile_option, fail_always, unless_failing

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value


def _compile_if(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, Mapping):
        return fail_always(f"expected object, found {type_name(argument)}")
    if not to_boolean(argument.get("exists")) and not to_boolean(argument.get("blank")):
        return fail_always(
            "'exists' or 'blank' is required, and must not be false, 0, null or empty text"
        )
    then = compile_option(argument, "then", compiler)
    # an alternative that is literally false, 0, null or empty text is none in the reference
    alternative = argument if to_boolean(argument.get("else")) else {}
    other = compile_option(alternative, "else", compiler)
    exists: Value = argument.get("exists", MISSING)
    if exists is MISSING:
        find = compile_option(argument, "blank", compiler)
        return unless_failing(_if_filled(find, then, other), find)
    find = compile_option(argument, "exists", compiler)
    if isinstance(find, PathResolver) and find.otherwise is None and exists == argument.get("then"):
        return PathResolver(
            find.steps, other
        )  # the usual case, a path or something else: it is read once
    return unless_failing(_if_exists(find, then, other), find)


def _if_exists(find: Resolver, then: Resolver, other: Resolver) -> Resolver:
    def resolve(event: JsonObject) -> Value:
        found = find(event)
        return other(event) if found is None or found is MISSING else then(event)

    return resolve


def _if_filled(find: Resolver, then: Resolver, other: Resolver) -> Resolver:
    def resolve(event: JsonObject) -> Value:
        found = find(event)
        empty = found is None or found is MISSING or is_loosely_equal_to_empty(found)
        return other(event) if empty else then(event)

    return resolve


def _compile_exclude_when_null(argument: Json, compiler: Compiler) -> Resolver:
    find = compiler.compile(argument)

    def resolve(event: JsonObject) -> Value:
        found = find(event)
        return MISSING if found is None else _without_nulls(found)

    return unless_failing(resolve, find)


def _without_nulls(value: Value) -> Any:
    """Make the nulls of nested objects absent; those in arrays stay."""
    if not isinstance(value, Mapping):
        return value
    return {
        key: MISSING if each is None else _without_nulls(each)
        for key, each in value.items()
        if key != PROTOTYPE_KEY
    }


IF = Directive(
    name="@if",
    compile=_compile_if,
    summary=(
        "`then` where `exists` is neither absent nor null (or `blank` is a value that is not "
        "empty), otherwise `else`."
    ),
    examples=(
        Example(
            {"@if": {"exists": {"@path": "$.email"}, "then": {"@path": "$.email"}, "else": "none"}},
            {"email": "ada@example.com"},
            "ada@example.com",
        ),
        Example(
            {"@if": {"exists": {"@path": "$.email"}, "then": 1, "else": 2}}, {"email": None}, 2
        ),
        Example({"@if": {"exists": {"@path": "$.email"}, "then": 1, "else": 2}}, {"email": ""}, 1),
        Example({"@if": {"blank": {"@path": "$.email"}, "then": 1, "else": 2}}, {"email": ""}, 2),
    ),
)
EXCLUDE_WHEN_NULL = Directive(
    name="@excludeWhenNull",
    compile=_compile_exclude_when_null,
    summary="The value, left out where it is null; so are the nulls of objects inside it.",
    examples=(
        Example({"a": {"@excludeWhenNull": {"@path": "$.x"}}, "b": 1}, {"x": None}, {"b": 1}),
        Example(
            {"@excludeWhenNull": {"@path": "$.x"}}, {"x": {"a": None, "b": [None]}}, {"b": [None]}
        ),
    ),
)
