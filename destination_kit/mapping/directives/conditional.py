"""Directives that decide whether a value is used: `@if` and `@excludeWhenNull`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from destination_kit._javascript import (
    PROTOTYPE_KEY,
    is_loosely_equal_to_empty,
    to_boolean,
)
from destination_kit._json import MISSING
from destination_kit.directive_interface import Compiler, Directive, Example
from destination_kit.mapping.paths import PathResolver
from destination_kit.mapping.resolvers import (
    compile_options,
    fail_always,
    takes_object,
    unless_failing,
)

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value


def _compile_if(argument: JsonObject, compiler: Compiler) -> Resolver:
    if not to_boolean(argument.get("exists")) and not to_boolean(argument.get("blank")):
        return fail_always(
            "'exists' or 'blank' is required, and must not be false, 0, null or empty text"
        )
    options = _effective_options(argument)
    exists, blank, then, otherwise = compile_options(
        options, compiler, "exists", "blank", "then", "else"
    )
    if "exists" not in options:
        return unless_failing(_if_not_blank(blank, then, otherwise), blank)
    # All 336 `@if` of 37 published definitions repeat `exists` as `then`. Two resolvers would look
    # the same value up twice; a path with a fallback looks it up once.
    is_repeated = options["exists"] == options.get("then")
    if is_repeated and isinstance(exists, PathResolver) and exists.fallback is None:
        return PathResolver(exists.steps, otherwise)
    return unless_failing(_if_exists(exists, then, otherwise), exists)


def _effective_options(options: JsonObject) -> JsonObject:
    """Return the options that the reference looks at."""
    ignored = {"exists" if options.get("exists", MISSING) is MISSING else "blank"}
    # `@if` of the reference tests `opts.else` for truth. So `"else": false` gives undefined instead
    # of false.
    if not to_boolean(options.get("else")):
        ignored.add("else")
    return {name: value for name, value in options.items() if name not in ignored}


def _if_exists(find: Resolver, then: Resolver, otherwise: Resolver) -> Resolver:
    def resolve(event: JsonObject) -> Value:
        value = find(event)
        return otherwise(event) if value is None or value is MISSING else then(event)

    return resolve


def _if_not_blank(find: Resolver, then: Resolver, otherwise: Resolver) -> Resolver:
    """Decide `blank`: despite its name, `then` is chosen for a value that is not blank.

    The reference compares `value != ''` loosely: 0, false and `[[]]` are blank, `{}` is not.
    """

    def resolve(event: JsonObject) -> Value:
        value = find(event)
        is_blank = value is None or value is MISSING or is_loosely_equal_to_empty(value)
        return otherwise(event) if is_blank else then(event)

    return resolve


def _compile_exclude_when_null(argument: Json, compiler: Compiler) -> Resolver:
    find, budget = compiler.compile(argument), compiler.budget

    def resolve(event: JsonObject) -> Value:
        value = find(event)
        if isinstance(value, Mapping):
            budget.spend_value(value)
        return MISSING if value is None else _without_nulls(value)

    return unless_failing(resolve, find)


def _without_nulls(value: Value) -> Any:
    """Return the value without the nulls of nested objects; nulls in arrays stay."""
    if not isinstance(value, Mapping):
        return value
    return {
        key: MISSING if member is None else _without_nulls(member)
        for key, member in value.items()
        if key != PROTOTYPE_KEY
    }


IF = Directive(
    name="@if",
    compile=takes_object(_compile_if),
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
