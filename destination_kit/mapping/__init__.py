"""The mapping language: a JSON value whose `@` directives say what an event becomes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from destination_kit._json import MISSING
from destination_kit.errors import MappingError, Problem
from destination_kit.mapping.analysis import mapping_warnings, paths_read, shape_of
from destination_kit.mapping.compiler import Scope
from destination_kit.mapping.copying import copy_payload
from destination_kit.mapping.directives import DIRECTIVES
from destination_kit.mapping.resolvers import Constant, FailingResolver, ResolutionError
from destination_kit.mapping.root_directive import expand_root, locate_problem
from destination_kit.mapping.validation import Location, validate

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value
    from destination_kit.definitions import Directive

__all__ = [
    "DIRECTIVES",
    "MAX_BYTES",
    "MAX_DEPTH",
    "check_mapping",
    "compile_mapping",
    "compile_payload",
    "copy_payload",
    "mapping_warnings",
    "paths_read",
    "shape_of",
]

MAX_BYTES: Final = 65_536
MAX_DEPTH: Final = 100
T = TypeVar("T")


def compile_mapping(
    mapping: Json,
    *,
    directives: Mapping[str, Directive] = DIRECTIVES,
    max_bytes: int = MAX_BYTES,
) -> Resolver:
    """Return the function that makes a payload of an event, `MISSING` where there is none.

    A `MappingError` holds every problem of the mapping; its paths point into it. The function
    raises `PayloadValidationError` where the mapping cannot be applied to an event. It never
    changes the event, and what it returns shares no container with event or mapping.
    """
    return compile_payload(mapping, copy_payload, directives=directives, max_bytes=max_bytes)


def compile_payload(
    mapping: Json,
    finish: Callable[[Value], T],
    *,
    directives: Mapping[str, Directive] = DIRECTIVES,
    max_bytes: int = MAX_BYTES,
) -> Callable[[JsonObject], T]:
    """Return the function that makes of an event what `finish` makes of its resolved mapping.

    What `finish` gets shares containers with event and mapping and may hold `MISSING`, so what it
    returns has to be a copy, as that of `copy_payload` is. For errors see `compile_mapping`.
    """
    resolve, problems = _compiled(mapping, directives, max_bytes)
    if problems:
        raise MappingError(problems)
    return _finished(resolve, finish)


def check_mapping(
    mapping: Json,
    *,
    directives: Mapping[str, Directive] = DIRECTIVES,
    max_bytes: int = MAX_BYTES,
) -> tuple[Problem, ...]:
    """Return every problem of a mapping; `compile_mapping` takes it if there is none."""
    return _compiled(mapping, directives, max_bytes)[1]


def _compiled(
    mapping: Json, directives: Mapping[str, Directive], max_bytes: int
) -> tuple[Resolver, tuple[Problem, ...]]:
    if refused := _too_large(mapping, max_bytes):
        return Constant(MISSING), refused
    root = expand_root(mapping)
    if isinstance(root, FailingResolver):
        return root, root.problems
    problems = validate(root, Location(directives))
    scope = Scope(directives, problems)
    resolve = scope.compile(root)
    if isinstance(resolve, FailingResolver):
        problems += [each for each in resolve.problems if not _told(each, problems)]
    return resolve, tuple(locate_problem(each, mapping) for each in problems)


def _told(problem: Problem, before: list[Problem]) -> bool:
    """Whether a problem only follows from one that is told already, of the same place or a part."""
    return any(f"{each.path}/".startswith(f"{problem.path}/") for each in before)


def _finished(resolve: Resolver, finish: Callable[[Value], T]) -> Callable[[JsonObject], T]:
    def apply(event: JsonObject) -> T:
        try:
            return finish(resolve(event))
        except ResolutionError as failure:
            raise failure.placed() from None
        except RecursionError:
            raise ResolutionError("a value is nested too deep") from None

    return apply


def _too_large(mapping: Json, max_bytes: int) -> tuple[Problem, ...]:
    if _is_deeper(mapping, MAX_DEPTH):
        return (Problem("", "TOO_DEEP", f"nested more than {MAX_DEPTH} levels deep"),)
    size = len(json.dumps(mapping, default=str, ensure_ascii=False).encode(errors="surrogatepass"))
    if size <= max_bytes:
        return ()
    return (Problem("", "TOO_LARGE", f"{size:,} bytes of JSON; {max_bytes:,} are allowed"),)


def _is_deeper(value: Json, levels: int) -> bool:
    if isinstance(value, str) or not isinstance(value, Mapping | list | tuple):
        return False
    parts = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in parts)
