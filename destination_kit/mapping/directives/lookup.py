"""Directives that read the event: `@path`, `@template`, `@arrayPath`, and `@literal` beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from destination_kit._javascript import type_name
from destination_kit._json import MISSING
from destination_kit.definitions import Compiler, Directive, Example
from destination_kit.mapping.paths import (
    PathResolver,
    compile_path,
    compile_steps,
    follow_path,
    parse_path,
    strip_root,
)
from destination_kit.mapping.resolvers import (
    Constant,
    ResolutionError,
    fail_always,
    unless_failing,
)
from destination_kit.mapping.templates import compile_template, render_template

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value


def _get(path: str, event: JsonObject) -> Value:
    return follow_path(event, strip_root(path))


def _compile_path(argument: Json, compiler: Compiler) -> Resolver:
    if isinstance(argument, str):
        steps = parse_path(strip_root(argument))
        return PathResolver(steps) if steps else compile_steps(steps)
    return _computed(argument, compiler, _get)


def _compile_template(argument: Json, compiler: Compiler) -> Resolver:
    if isinstance(argument, str):
        return compile_template(argument)
    return _computed(argument, compiler, render_template)


def _computed(
    argument: Json, compiler: Compiler, run: Callable[[str, JsonObject], Value]
) -> Resolver:
    """Run a text that a directive computes for each event."""
    compute = compiler.compile(argument)
    if isinstance(compute, Constant) and not isinstance(compute.value, str):
        return fail_always(f"expected string, found {type_name(compute.value)}")

    def resolve(event: JsonObject) -> Value:
        text = compute(event)
        if not isinstance(text, str):
            raise ResolutionError(f"expected string, found {type_name(text)}")
        return run(text, event)

    return unless_failing(resolve, compute)


def _compile_literal(argument: Json, compiler: Compiler) -> Resolver:
    return compiler.compile(argument)


def _compile_array_path(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, list | tuple):
        return fail_always(f"expected array, found {type_name(argument)}")
    if not argument:
        return Constant(MISSING)
    path, shape = argument[0], argument[1] if len(argument) > 1 else None
    find = compile_path(strip_root(path)) if isinstance(path, str) else compiler.compile(path, 0)
    if not isinstance(shape, Mapping) or not shape:
        return find
    return unless_failing(_each_shaped(find, compiler.compile(shape, 1)), find)


def _each_shaped(find: Resolver, form: Callable[[Any], Any]) -> Resolver:
    def resolve(event: JsonObject) -> Value:
        found: Any = find(event)
        if isinstance(found, Mapping):
            return [form(found)]
        return [form(each) for each in found] if isinstance(found, list | tuple) else found

    return resolve


PATH = Directive(
    name="@path",
    compile=_compile_path,
    summary="The value at a path of the event, such as `$.traits.email` or `$.products[0].name`.",
    examples=(
        Example(
            {"@path": "$.traits.email"}, {"traits": {"email": "ada@example.com"}}, "ada@example.com"
        ),
        Example({"@path": "$.products[0]['unit price']"}, {"products": [{"unit price": 5}]}, 5),
        Example({"@path": {"@template": "$.{{field}}"}}, {"field": "plan", "plan": "pro"}, "pro"),
    ),
)
TEMPLATE = Directive(
    name="@template",
    compile=_compile_template,
    summary="Text in which each `{{path}}` is replaced by the value at that path of the event.",
    examples=(
        Example({"@template": "{{first}} {{last}}"}, {"first": "Ada", "last": "King"}, "Ada King"),
        Example({"@template": "Plan: {{plan}}."}, {"plan": None}, "Plan: ."),
        Example(
            {"@template": "{{{greeting}}}!"}, {"greeting": "Hi {{name}}", "name": "Ada"}, "Hi Ada!"
        ),
    ),
)
LITERAL = Directive(
    name="@literal",
    compile=_compile_literal,
    summary="The given value itself; directives inside it still run.",
    examples=(
        Example({"@literal": {"source": "web"}}, {}, {"source": "web"}),
        Example({"@literal": [True, {"@path": "$.id"}]}, {"id": 7}, [True, 7]),
    ),
)
ARRAY_PATH = Directive(
    name="@arrayPath",
    compile=_compile_array_path,
    summary="The array at a path; a shape, if given, is applied to each of its items.",
    examples=(
        Example({"@arrayPath": ["$.tags"]}, {"tags": ["a", "b"]}, ["a", "b"]),
        Example(
            {"@arrayPath": ["$.products", {"sku": {"@path": "$.id"}}]},
            {"products": [{"id": 1}, {"id": 2}]},
            [{"sku": 1}, {"sku": 2}],
        ),
        Example(
            {"@arrayPath": ["$.product", {"sku": {"@path": "$.id"}}]},
            {"product": {"id": 1}},
            [{"sku": 1}],
        ),
    ),
)
