"""Directives that build objects: `@flatten`, `@merge` and `@transform`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from destination_kit._javascript import PROTOTYPE_KEY, to_boolean, type_name
from destination_kit._python_values import join_keys
from destination_kit.directive_interface import Compiler, Directive, Example
from destination_kit.mapping.copying import copy_payload
from destination_kit.mapping.resolvers import (
    MAX_TEXT_LENGTH,
    Constant,
    FailingResolver,
    ResolutionError,
    compile_option,
    compile_options,
    fail_always,
    unless_failing,
)
from destination_kit.mapping.root_directive import expand_root, object_entries
from destination_kit.mapping.validation import Location, validate

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value


def _compile_flatten(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, Mapping):
        return fail_always(f"expected object, found {type_name(argument)}")
    if not to_boolean(argument.get("separator")):
        return fail_always("'separator' is required, and must not be empty")
    resolve_separator, find = compile_options(argument, compiler, "separator", "value")
    if isinstance(resolve_separator, Constant) and not isinstance(resolve_separator.value, str):
        actual = type_name(resolve_separator.value)
        return fail_always(f"'separator' must be a string, found {actual}")
    omit_arrays = to_boolean(argument.get("omitArrays"))

    def resolve(event: JsonObject) -> Value:
        separator = resolve_separator(event)
        if not isinstance(separator, str):
            raise ResolutionError(f"'separator' must be a string, found {type_name(separator)}")
        return flatten(find(event), separator, omit_arrays=omit_arrays)

    return unless_failing(resolve, resolve_separator, find)


def flatten(value: Value, separator: str, *, omit_arrays: bool = False) -> dict[str, Any]:
    """Return the leaves of a value under their joined keys; empty containers have none.

    With `omit_arrays`, an array is a leaf. Raises `ResolutionError` if the joined keys grow beyond
    `MAX_TEXT_LENGTH`.
    """
    container_types = (Mapping,) if omit_arrays else (Mapping, list, tuple)
    flat: dict[str, Any] = {}
    # Each leaf repeats the keys above it. 10,000 leaves below one key of 10,000 characters would be
    # 100 MB of keys.
    size = 0
    for key, leaf in _leaves(value, "", separator, container_types):
        size += len(key)
        if size > MAX_TEXT_LENGTH:
            raise ResolutionError(f"flat keys grew beyond {MAX_TEXT_LENGTH:,} characters")
        flat[key] = leaf
    return flat


def _leaves(
    value: Any, prefix: str, separator: str, container_types: tuple[type, ...]
) -> Iterator[tuple[str, Value]]:
    is_leaf = not isinstance(value, container_types)
    if is_leaf:
        yield prefix, value
        return
    entries = object_entries(value)
    join_keys(entries)  # an f-string would make text of any key
    for key, child in entries.items():
        # `flattenObject` of the reference tests the prefix for truth: `{"": {"a": 1}}` gets the key
        # "a", not ".a".
        joined = f"{prefix}{separator}{key}" if prefix else key
        yield from _leaves(child, joined, separator, container_types)


def _compile_merge(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, Mapping):
        return fail_always(f"expected object, found {type_name(argument)}")
    objects = argument.get("objects")
    if not to_boolean(argument.get("direction")):
        return fail_always("'direction' is required")
    if not isinstance(objects, list | tuple):
        return fail_always(f"'objects' must be an array, found {type_name(objects)}")
    resolve_direction = compile_option(argument, compiler, "direction")
    resolvers = [
        compiler.compile(operand, "objects", index) for index, operand in enumerate(objects)
    ]

    def resolve(event: JsonObject) -> Value:
        leftmost_wins = resolve_direction(event) == "left"
        operands = [resolver(event) for resolver in resolvers]
        merged: dict[str, Any] = {}
        for operand in reversed(operands) if leftmost_wins else operands:
            merged.update(object_entries(operand))
        merged.pop(PROTOTYPE_KEY, None)
        return merged

    return unless_failing(resolve, resolve_direction, *resolvers)


def _compile_transform(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, Mapping):
        return fail_always(f"expected object, found {type_name(argument)}")
    apply = argument.get("apply")
    if not to_boolean(argument.get("mapping")):
        return fail_always("'mapping' is required")
    if not isinstance(apply, Mapping):
        return fail_always(f"'apply' must be an object, found {type_name(apply)}")
    first = _compile_apply(apply, compiler)
    # The second mapping reads the result of the first one. With the plain compiler, `paths_read`
    # would report its paths as paths of the event.
    reader = compiler.for_event_at(None)
    second: Callable[[Any], Value] = compile_option(argument, reader, "mapping")

    def resolve(event: JsonObject) -> Value:
        if type_name(event) not in ("object", "undefined"):
            raise ResolutionError(f"expected an object to transform, found {type_name(event)}")
        return second(copy_payload(first(event)))

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
    compile=_compile_flatten,
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
    compile=_compile_merge,
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
    compile=_compile_transform,
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
