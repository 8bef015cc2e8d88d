"""The root of a mapping: what counts as one, and the directive that may stand for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from destination_kit._javascript import code_units, type_name
from destination_kit._json import MISSING, Json, Value, pointer
from destination_kit.errors import Problem
from destination_kit.mapping.resolvers import FailingResolver
from destination_kit.mapping.validation import INVALID_DIRECTIVE

ROOT_KEY = "__segment_internal_directive"
MAPPING_OPTION = "mapping"

Root: TypeAlias = "Mapping[str, Any] | list[Any]"


def expand_root(mapping: Value) -> Root | FailingResolver:
    """Return what a mapping stands for.

    Where it has a root directive, the other fields become the `mapping` of that directive. Arrays
    and text are objects with indices as keys, other scalars have no fields, and null is refused.
    """
    if mapping is None or mapping is MISSING:
        return _refused(f"a mapping is an object, found {type_name(mapping)}")
    if not isinstance(mapping, Mapping) or ROOT_KEY not in mapping:
        return object_entries(mapping)
    inner = mapping[ROOT_KEY]
    directive = object_entries(inner)
    if len(directive) != 1:
        return _refused(f"expected one directive, found {len(directive)} keys", ROOT_KEY)
    ((name, argument),) = directive.items()
    if type_name(argument) not in ("object", "array"):
        return _refused(f"{name} needs an object, found {type_name(argument)}", ROOT_KEY, name)
    if isinstance(argument, Mapping):
        fields = {key: each for key, each in mapping.items() if key != ROOT_KEY}
        argument = {**argument, MAPPING_OPTION: fields}
    return {name: argument} if isinstance(inner, Mapping) else [argument]


def object_entries(value: Value) -> Mapping[str, Value]:
    """Return `Object.entries(value)`: text and arrays have indices, other scalars nothing."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, str):
        return {str(at): unit for at, unit in enumerate(code_units(value))}
    items = value if isinstance(value, list | tuple) else ()
    return {str(at): each for at, each in enumerate(items)}


def locate_problem(problem: Problem, mapping: Json) -> Problem:
    """Return a problem of what a mapping stands for, placed in the mapping itself."""
    if not isinstance(mapping, Mapping) or ROOT_KEY not in mapping:
        return problem
    moved = pointer(*object_entries(mapping[ROOT_KEY]), MAPPING_OPTION)
    if f"{problem.path}/".startswith(f"{moved}/"):
        return replace(problem, path=problem.path.removeprefix(moved))
    return replace(problem, path=pointer(ROOT_KEY) + problem.path)


def _refused(message: str, *steps: str) -> FailingResolver:
    return FailingResolver((Problem(pointer(*steps), INVALID_DIRECTIVE, message),))
