"""Directives that build objects: `@flatten`, `@merge` and `@transform`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from destination_kit._javascript import PROTOTYPE_KEY, to_boolean, type_name
from destination_kit._python_values import join_keys
from destination_kit.directive_interface import Compiler, Directive, Example
from destination_kit.errors import ResolutionError
from destination_kit.mapping.copying import copy_payload
from destination_kit.mapping.resolvers import (
    Constant,
    FailingResolver,
    compile_option,
    compile_options,
    fail_always,
    takes_object,
    unless_failing,
)
from destination_kit.mapping.root_directive import expand_root, object_entries
from destination_kit.mapping.validation import Location, validate

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value
    from destination_kit.directive_interface import Budget


def _compile_flatten(argument: JsonObject, compiler: Compiler) -> Resolver:
    if not to_boolean(argument.get("separator")):
        return fail_always("'separator' is required, and must not be empty")
    resolve_separator, find = compile_options(argument, compiler, "separator", "value")
    if isinstance(resolve_separator, Constant) and not isinstance(resolve_separator.value, str):
        actual = type_name(resolve_separator.value)
        return fail_always(f"'separator' must be a string, found {actual}")
    omit_arrays, budget = to_boolean(argument.get("omitArrays")), compiler.budget

    def resolve(event: JsonObject) -> Value:
        separator = resolve_separator(event)
        if not isinstance(separator, str):
            raise ResolutionError(f"'separator' must be a string, found {type_name(separator)}")
        return flatten(find(event), separator, budget, omit_arrays=omit_arrays)

    return unless_failing(resolve, resolve_separator, find)


def flatten(value: Value, separator: str, budget: Budget, *, omit_arrays: bool) -> dict[str, Any]:
    """Return the leaves of a value under their joined keys; empty containers have none.

    With `omit_arrays`, an array is a leaf. Raises `BudgetError` if the joined keys exceed the
    budget: each leaf repeats the keys above it.
    """
    container_types = (Mapping,) if omit_arrays else (Mapping, list, tuple)
    flattening = _Flattening(separator, budget, container_types)
    flattening.add(value, "")
    return flattening.flat


@dataclass(frozen=True, slots=True)
class _Flattening:
    separator: str
    budget: Budget
    container_types: tuple[type, ...]
    flat: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any, prefix: str) -> None:
        is_leaf = not isinstance(value, self.container_types)
        if is_leaf:
            self.flat[prefix] = value
            return
        # Each key below repeats the prefix, and the entries of a text or an array are made here.
        self.budget.spend(len(value) + 1, len(value) * (len(prefix) + len(self.separator)))
        entries = object_entries(value)
        self.budget.spend(characters=len(join_keys(entries)))  # an f-string would take any key
        # `flattenObject` of the reference tests the prefix for truth: `{"": {"a": 1}}` gets the key
        # "a", not ".a".
        start = f"{prefix}{self.separator}" if prefix else ""
        for key, child in entries.items():
            if isinstance(child, self.container_types):
                self.add(child, start + key)
            else:
                self.flat[start + key] = child


def _compile_merge(argument: JsonObject, compiler: Compiler) -> Resolver:
    objects = argument.get("objects")
    if not to_boolean(argument.get("direction")):
        return fail_always("'direction' is required")
    if not isinstance(objects, list | tuple):
        return fail_always(f"'objects' must be an array, found {type_name(objects)}")
    resolve_direction, budget = compile_option(argument, compiler, "direction"), compiler.budget
    resolvers = [
        compiler.compile(operand, "objects", index) for index, operand in enumerate(objects)
    ]

    def resolve(event: JsonObject) -> Value:
        leftmost_wins = resolve_direction(event) == "left"
        operands = [resolver(event) for resolver in resolvers]
        merged: dict[str, Any] = {}
        for operand in reversed(operands) if leftmost_wins else operands:
            if isinstance(operand, Mapping | list | tuple | str):
                budget.spend(len(operand))  # a text has an entry for each character
            merged.update(object_entries(operand))
        merged.pop(PROTOTYPE_KEY, None)
        return merged

    return unless_failing(resolve, resolve_direction, *resolvers)


def _compile_transform(argument: JsonObject, compiler: Compiler) -> Resolver:
    apply = argument.get("apply")
    if not to_boolean(argument.get("mapping")):
        return fail_always("'mapping' is required")
    if not isinstance(apply, Mapping):
        return fail_always(f"'apply' must be an object, found {type_name(apply)}")
    first, budget = _compile_apply(apply, compiler), compiler.budget
    # The second mapping reads the result of the first one. With the plain compiler, `paths_read`
    # would report its paths as paths of the event.
    reader = compiler.for_event_at(None)
    second: Callable[[Any], Value] = compile_option(argument, reader, "mapping")

    def resolve(event: JsonObject) -> Value:
        if type_name(event) not in ("object", "undefined"):
            raise ResolutionError(f"expected an object to transform, found {type_name(event)}")
        applied = first(event)
        # Two whole events in `apply` are one object that is in memory once. The copy is not.
        budget.spend_value(applied)
        return second(copy_payload(applied))

    return unless_failing(resolve, first, second)


def _compile_apply(apply: Mapping[str, Json], compiler: Compiler) -> Resolver:
    """Compile `apply`, which the reference runs as a mapping of its own.

    It may have a root directive, and its static rules hold wherever the directive stands.
    """
    root = expand_root(apply)
    if isinstance(root, FailingResolver):
        return fail_always(f"'apply': {root.problems[0].message}")
    if problems := validate(root, Location(None)):
        return fail_always(f"'apply': {problems[0]}")
    return compiler.compile(root, "apply")


FLATTEN = Directive(
    name="@flatten",
    compile=takes_object(_compile_flatten),
    summary="An object of one level: nested keys joined by `separator`.",
    examples=(
        Example(
            {"@flatten": {"separator": ".", "value": {"@path": "$.x"}}},
            {"x": {"a": {"b": 1}, "l": [2, 3]}},
            {"a.b": 1, "l.0": 2, "l.1": 3},
        ),
        Example(
            {"@flatten": {"separator": "_", "omitArrays": True, "value": {"@path": "$.x"}}},
            {"x": {"a": {"b": 1}, "l": [2, 3]}},
            {"a_b": 1, "l": [2, 3]},
        ),
    ),
)
MERGE = Directive(
    name="@merge",
    compile=takes_object(_compile_merge),
    summary="Objects laid over each other; `direction` says which end wins, `left` or `right`.",
    examples=(
        Example(
            {"@merge": {"direction": "right", "objects": [{"a": 1, "b": 1}, {"@path": "$.x"}]}},
            {"x": {"b": 2}},
            {"a": 1, "b": 2},
        ),
        Example(
            {"@merge": {"direction": "left", "objects": [{"a": 1, "b": 1}, {"@path": "$.x"}]}},
            {"x": {"b": 2, "c": 3}},
            {"b": 1, "c": 3, "a": 1},
        ),
    ),
)
TRANSFORM = Directive(
    name="@transform",
    compile=takes_object(_compile_transform),
    summary="The result of `mapping`, which reads the result of `apply` in place of the event.",
    examples=(
        Example(
            {
                "@transform": {
                    "apply": {
                        "name": {"@case": {"operator": "lower", "value": {"@path": "$.name"}}}
                    },
                    "mapping": {"greeting": {"@template": "hello {{name}}"}},
                }
            },
            {"name": "Ada"},
            {"greeting": "hello ada"},
        ),
    ),
)
