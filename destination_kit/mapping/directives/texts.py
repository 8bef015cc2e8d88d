"""Directives that work on text: `@case`, `@replace` and `@json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from destination_kit._javascript import kind, parse_json, stringify, text, truthy
from destination_kit._json import MISSING
from destination_kit.definitions import Compiler, Directive, Example
from destination_kit.mapping.replacing import compile_replacement
from destination_kit.mapping.resolvers import (
    Constant,
    UnfitEventError,
    compile_option,
    join_text,
    refuse,
    unless_refused,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from destination_kit._json import Json, Resolver, Value


def _compile_case(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, Mapping):
        return refuse(f"expected object, found {kind(argument)}")
    if not truthy(operator := argument.get("operator")):
        return refuse("'operator' is required")

    def change(value: Value) -> Value:
        if not isinstance(value, str):
            return value
        if operator == "lower":
            return value.lower()
        if operator == "upper":
            return value.upper()
        raise UnfitEventError(f"'operator' must be 'lower' or 'upper', found {operator!r}")

    return _of_value(change, argument, compiler)


def _compile_replace(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, Mapping):
        return refuse(f"expected object, found {kind(argument)}")
    if not truthy(argument.get("pattern")):
        return refuse("'pattern' is required")
    replace = compile_replacement(argument)

    def change(value: Value) -> Value:
        if isinstance(value, bool | int | float):
            value = text(value)
        return replace(value) if isinstance(value, str) else ""

    return _of_value(change, argument, compiler)


def _of_value(
    change: Callable[[Value], Value], argument: Mapping[str, Json], compiler: Compiler
) -> Resolver:
    """Change the option `value`; a literal one is tried at once, a falsy one is no value."""
    if not truthy(argument.get("value")):
        return Constant(MISSING)
    find = compile_option(argument, "value", compiler)
    if isinstance(find, Constant):
        try:
            return Constant(change(find.value))
        except UnfitEventError as failure:
            return refuse(failure.message)
    return unless_refused(lambda event: change(find(event)), find)


def _compile_json(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, Mapping):
        return refuse(f"expected object, found {kind(argument)}")
    if not truthy(mode := argument.get("mode")):
        return refuse("'mode' is required")
    if not truthy(argument.get("value")):
        return refuse("'value' is required, and must not be false, 0, null or empty text")
    find = compile_option(argument, "value", compiler)
    change = _encoded if mode == "encode" else _decoded if mode == "decode" else _nothing
    return unless_refused(lambda event: change(find(event)), find)


def _encoded(value: Value) -> Value:
    encoded = stringify(value)
    return MISSING if encoded is None else join_text([encoded])


def _decoded(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value)
    except ValueError:
        return value


def _nothing(_value: Value) -> Value:
    return MISSING


CASE = Directive(
    name="@case",
    compile=_compile_case,
    summary="Text in `lower` or `upper` case; other values pass through.",
    examples=(
        Example(
            {"@case": {"operator": "upper", "value": {"@path": "$.plan"}}}, {"plan": "pro"}, "PRO"
        ),
        Example({"@case": {"operator": "lower", "value": {"@path": "$.plan"}}}, {"plan": 7}, 7),
    ),
)
REPLACE = Directive(
    name="@replace",
    compile=_compile_replace,
    summary=(
        "Text with `pattern` replaced (everywhere unless `global` is false), then `pattern2`; "
        "`$&` in a replacement is what was found."
    ),
    examples=(
        Example(
            {"@replace": {"pattern": "-", "replacement": " ", "value": {"@path": "$.phone"}}},
            {"phone": "555-01-02"},
            "555 01 02",
        ),
        Example(
            {
                "@replace": {
                    "pattern": "a",
                    "replacement": "[$&]",
                    "ignorecase": True,
                    "value": "Ada",
                }
            },
            {},
            "[A]d[a]",
        ),
        Example(
            {"@replace": {"pattern": "x", "global": False, "value": {"@path": "$.id"}}},
            {"id": "xx1"},
            "x1",
        ),
    ),
)
JSON = Directive(
    name="@json",
    compile=_compile_json,
    summary="The value as JSON text (`encode`), or the value that JSON text stands for (`decode`).",
    examples=(
        Example(
            {"@json": {"mode": "encode", "value": {"@path": "$.x"}}}, {"x": [1.0, "é"]}, '[1,"é"]'
        ),
        Example(
            {"@json": {"mode": "decode", "value": {"@path": "$.x"}}}, {"x": '{"a": 1}'}, {"a": 1}
        ),
        Example({"@json": {"mode": "decode", "value": {"@path": "$.x"}}}, {"x": "{oops"}, "{oops"),
    ),
)
