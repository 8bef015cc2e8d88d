"""The root of a mapping, and the directive that may wrap all of it.

`__segment_internal_directive` holds one directive; the other fields become its `mapping` option.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from destination_kit._javascript import code_units, type_name
from destination_kit._json import MISSING, Json, Value, pointer
from destination_kit.errors import Problem
from destination_kit.mapping.resolvers import FailingResolver
from destination_kit.mapping.validation import INVALID_DIRECTIVE

ROOT_KEY = "__segment_internal_directive"
MAPPING_OPTION = "mapping"

Root: TypeAlias = "Mapping[str, Any] | list[Any]"


def has_root_directive(mapping: Mapping[str, Any]) -> bool:
    """Return whether a directive makes the whole payload, so that its fields are unknown."""
    return any(key.startswith("@") or key == ROOT_KEY for key in mapping)


def expand_root(mapping: Value) -> Root | FailingResolver:
    """Return the mapping with its root directive written out.

    As in the reference, arrays and text become objects with indices as keys, other scalars become
    empty objects, and null fails.
    """
    if mapping is None or mapping is MISSING:
        return _fail(f"a mapping is an object, found {type_name(mapping)}")
    if not isinstance(mapping, Mapping) or ROOT_KEY not in mapping:
        return object_entries(mapping)
    wrapper = mapping[ROOT_KEY]
    directive = object_entries(wrapper)
    if len(directive) != 1:
        return _fail(f"expected one directive, found {len(directive)} keys", ROOT_KEY)
    ((name, argument),) = directive.items()
    if type_name(argument) not in ("object", "array"):
        return _fail(f"{name} needs an object, found {type_name(argument)}", ROOT_KEY, name)
    # The reference also assigns `mapping` to an array (`getMappingToProcess`). Directives read only
    # the items of an array, so that has no effect.
    if isinstance(argument, Mapping):
        fields = {key: value for key, value in mapping.items() if key != ROOT_KEY}
        argument = {**argument, MAPPING_OPTION: fields}
    return {name: argument} if isinstance(wrapper, Mapping) else [argument]


def object_entries(value: Value) -> Mapping[str, Value]:
    """Return `Object.entries(value)`: text and arrays have indices, other scalars have nothing."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, str):
        return {str(index): unit for index, unit in enumerate(code_units(value))}
    array = value if isinstance(value, list | tuple) else ()
    return {str(index): member for index, member in enumerate(array)}


def locate_in_source(path: str, mapping: Json) -> str:
    """Return the JSON Pointer in `mapping` itself for a pointer into its expanded root."""
    if not isinstance(mapping, Mapping) or ROOT_KEY not in mapping:
        return path
    fields = pointer(*object_entries(mapping[ROOT_KEY]), MAPPING_OPTION)
    if f"{path}/".startswith(f"{fields}/"):
        return path.removeprefix(fields)
    return pointer(ROOT_KEY) + path


def _fail(message: str, *steps: str) -> FailingResolver:
    return FailingResolver((Problem(pointer(*steps), INVALID_DIRECTIVE, message),))
