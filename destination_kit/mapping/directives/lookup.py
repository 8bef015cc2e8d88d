"""Directives that look up values: `@path`, `@template`, `@arrayPath`, and `@literal`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from destination_kit._budget import count_values
from destination_kit._javascript import type_name
from destination_kit._json import MISSING
from destination_kit.directive_interface import Compiler, Directive, Example
from destination_kit.errors import ResolutionError
from destination_kit.mapping.paths import (
    PathResolver,
    compile_steps,
    follow_path,
    parse_path,
    strip_root,
)
from destination_kit.mapping.resolvers import Constant, fail_always, unless_failing
from destination_kit.mapping.templates import compile_template, render_template

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value
    from destination_kit.directive_interface import Budget


# An event may decide the path. One of 1 MB has 500,000 keys.
_MAX_COMPUTED_PATH = 1_000


def _compile_path(argument: Json, compiler: Compiler) -> Resolver:
    if isinstance(argument, str):
        steps = parse_path(strip_root(argument))
        compiler.reads(*steps)
        # `compile_object` splits a path into its parent and a key. The whole event (`$.`) has no
        # key, so it must not be a `PathResolver`.
        return PathResolver(steps) if steps else compile_steps(steps)
    return _compile_computed(argument, compiler, _resolve_path)


def _resolve_path(path: str, event: JsonObject) -> Value:
    if len(path) > _MAX_COMPUTED_PATH:
        raise ResolutionError(
            f"a computed path has at most {_MAX_COMPUTED_PATH:,} characters, found {len(path):,}"
        )
    return follow_path(event, strip_root(path))


def _compile_template(argument: Json, compiler: Compiler) -> Resolver:
    if isinstance(argument, str):
        template = compile_template(argument, compiler.budget)
        for path in template.paths:
            compiler.reads(*path)
        return template.render
    return _compile_computed(argument, compiler, partial(render_template, budget=compiler.budget))


def _compile_computed(
    argument: Json, compiler: Compiler, run: Callable[[str, JsonObject], Value]
) -> Resolver:
    """Return the resolver of a path or template that a nested directive computes per event."""
    compute = compiler.compile(argument)
    compiler.for_event_at(None).reads()  # an event may name any part of itself
    # A literal of another type would fail every event. Here, the operator learns of it when the
    # mapping is configured.
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
    find, steps = _compile_array(path, compiler)
    if not isinstance(shape, Mapping) or not shape:
        return find
    resolve_item = compiler.for_event_at(steps).compile(shape, 1)
    spend = partial(_spend_items, compiler.budget, *count_values(shape))
    return unless_failing(_for_each_item(find, resolve_item, spend), find)


def _compile_array(path: Json, compiler: Compiler) -> tuple[Resolver, tuple[str, ...] | None]:
    """Return the resolver of the array, and the keys of its path if they are known."""
    if not isinstance(path, str):
        return compiler.compile(path, 0), None
    steps = parse_path(strip_root(path))
    compiler.reads(*steps)
    return compile_steps(steps), steps


def _spend_items(budget: Budget, values: int, characters: int, count: int) -> None:
    # The literals of the shape come again with each item.
    budget.spend(values * count, characters * count)


def _for_each_item(
    find: Resolver, resolve_item: Callable[[Any], Any], spend: Callable[[int], None]
) -> Resolver:
    def resolve(event: JsonObject) -> Value:
        array: Any = find(event)
        if isinstance(array, Mapping):
            return [resolve_item(array)]
        is_array = isinstance(array, list | tuple)
        if is_array:
            spend(len(array))
        return [resolve_item(member) for member in array] if is_array else array

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
