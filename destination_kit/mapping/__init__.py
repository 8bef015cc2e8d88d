"""The mapping language: a JSON value whose `@` directives compute a payload from an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from destination_kit._budget import UNMEASURED, PayloadLimits
from destination_kit.mapping.compiled_mapping import (
    CompiledMapping,
    analyze_mapping,
)
from destination_kit.mapping.copying import copy_payload
from destination_kit.mapping.directives import DIRECTIVES
from destination_kit.mapping.validation import MAX_BYTES, MAX_DEPTH

if TYPE_CHECKING:
    from destination_kit._json import Json, Resolver
    from destination_kit.directive_interface import Directive
    from destination_kit.errors import Problem

__all__ = [
    "DIRECTIVES",
    "MAX_BYTES",
    "MAX_DEPTH",
    "CompiledMapping",
    "PayloadLimits",
    "analyze_mapping",
    "check_mapping",
    "compile_mapping",
    "copy_payload",
    "paths_read",
]


def compile_mapping(
    mapping: Json,
    *,
    directives: Mapping[str, Directive] = DIRECTIVES,
    max_bytes: int = MAX_BYTES,
    limits: PayloadLimits = PayloadLimits(),  # noqa: B008 - the limits are frozen
) -> Resolver:
    """Compile a mapping to a function from an event to its payload.

    The function returns `MISSING` where JavaScript would return `undefined`, and raises
    `PayloadValidationError` if the mapping cannot be resolved for an event, or makes more of it
    than the limits allow (50,000 values, 2,000,000 characters). It never changes the event; the payload shares no container with the event or the mapping. Python values of the event
    become JSON: an aware `datetime` and a `date` ISO 8601, a `Decimal` a number, a `UUID` its text.

    Raises:
        MappingError: with every problem of the mapping, each with a JSON Pointer into it.

    """
    compiled = analyze_mapping(mapping, directives=directives, max_bytes=max_bytes, limits=limits)
    compiled.raise_problems()
    apply = compiled.finish_with(copy_payload)
    return lambda event: apply(event, UNMEASURED)


def check_mapping(
    mapping: Json,
    *,
    directives: Mapping[str, Directive] = DIRECTIVES,
    max_bytes: int = MAX_BYTES,
) -> tuple[Problem, ...]:
    """Return every problem of a mapping; `compile_mapping` accepts a mapping without problems."""
    return analyze_mapping(mapping, directives=directives, max_bytes=max_bytes).problems


def paths_read(
    mapping: Json, *, directives: Mapping[str, Directive] = DIRECTIVES
) -> tuple[str, ...]:
    """Return the paths of an event that a valid mapping may read, such as `traits.email`.

    Each path comes once, in the order of the mapping; "" is the whole event. Paths that an event
    computes are unknown, and so are those that a plugin's directive reads without reporting them.
    """
    return analyze_mapping(mapping, directives=directives).paths_read
