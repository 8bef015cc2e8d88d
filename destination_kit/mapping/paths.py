"""Paths such as `$.a.b[0]`, and where they lead in a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from destination_kit._javascript import code_unit_at, to_boolean, utf16_length
from destination_kit._json import MISSING, Json, JsonObject, Resolver, Value

Getter: TypeAlias = Callable[[Value], Value]

# Brackets separate only beside a quote or a digit; elsewhere they belong to the key.
_SEPARATOR = re.compile(r"""\[(?=["'0-9])|\.|(?<=["'0-9])\]+""")
_INDEX = re.compile(r"0|[1-9][0-9]{0,14}")
_MAX_CACHED_LENGTH = 200


def parse_path(path: str) -> tuple[str, ...]:
    """Return the steps of a path, which starts without `$.`; no steps lead to the value itself."""
    parts = (part for part in _SEPARATOR.split(path) if part)
    return tuple(part.replace("'", "").replace('"', "") for part in parts)


_parse_cached = lru_cache(maxsize=1024)(parse_path)


def strip_root(path: str) -> str:
    """Return the path without its first `$.`, wherever that stands, as the reference reads it."""
    return path.replace("$.", "", 1)


def follow_steps(value: Value, steps: tuple[str, ...]) -> Value:
    """Return where the steps lead, `MISSING` where they lead nowhere.

    A falsy value on the way is the answer, whatever steps are left.
    """
    for key in steps:
        value = value.get(key, MISSING) if type(value) is dict else follow_step(value, key)
        if value is MISSING:
            break
    return value


def follow_path(value: Value, path: str) -> Value:
    """Return where a path leads that only the event tells; short ones are parsed once."""
    return follow_steps(
        value, (_parse_cached if len(path) <= _MAX_CACHED_LENGTH else parse_path)(path)
    )


@dataclass(frozen=True, slots=True)
class PathResolver:
    """The resolver of a path of one step or more, or of what stands in where it leads to nothing.

    It tells what it reads: an object reads those with one parent together.
    """

    steps: tuple[str, ...]
    otherwise: Resolver | None = None

    def __call__(self, event: JsonObject) -> Value:
        """Return where the steps lead, or what stands in for it."""
        found = follow_steps(event, self.steps)
        if self.otherwise is None or not (found is None or found is MISSING):
            return found
        return self.otherwise(event)


def specialize(resolve: Resolver) -> Resolver:
    """Return a function that does the same, which for a path alone is quicker."""
    if isinstance(resolve, PathResolver) and resolve.otherwise is None:
        return compile_steps(resolve.steps)
    return resolve


def compile_path(path: str) -> Getter:
    """Compile a path that starts without `$.`."""
    return compile_steps(parse_path(path))


def compile_steps(steps: tuple[str, ...]) -> Getter:
    """Return the quickest function that follows the steps."""
    match steps:
        case ():
            return lambda value: value
        case (only,):
            return lambda value: (
                value.get(only, MISSING) if type(value) is dict else follow_step(value, only)
            )
        case first, second:  # `$.traits.email`, as most paths are
            return _two_steps(first, second)
        case _:
            return lambda value: follow_steps(value, steps)


def _two_steps(first: str, second: str) -> Getter:
    def resolve(value: Value) -> Value:
        value = value.get(first, MISSING) if type(value) is dict else follow_step(value, first)
        if value is MISSING:
            return value
        return value.get(second, MISSING) if type(value) is dict else follow_step(value, second)

    return resolve


def follow_step(value: Value, key: str) -> Value:
    """Return where one step leads; whatever the value, as JavaScript has it."""
    if not to_boolean(value):
        return value
    if isinstance(value, Mapping):
        return value.get(key, MISSING)
    if isinstance(value, str):
        return _in_text(value, key)
    return _in_array(value, key) if isinstance(value, list | tuple) else MISSING


def _in_text(value: str, key: str) -> Value:
    if key == "length":
        return utf16_length(value)
    found = code_unit_at(value, int(key)) if _INDEX.fullmatch(key) else None
    return MISSING if found is None else found


def _in_array(value: Sequence[Json], key: str) -> Value:
    if key == "length":
        return len(value)
    if not _INDEX.fullmatch(key) or int(key) >= len(value):
        return MISSING
    return value[int(key)]
