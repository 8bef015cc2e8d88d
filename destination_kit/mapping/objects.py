"""Resolvers of objects: literals are copied with the object, paths with one parent read together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from destination_kit._javascript import PROTOTYPE_KEY
from destination_kit._json import MISSING
from destination_kit.mapping.paths import (
    Getter,
    PathResolver,
    compile_steps,
    follow_step,
    specialize,
)
from destination_kit.mapping.resolvers import Constant, ResolutionError

if TYPE_CHECKING:
    from destination_kit._json import JsonObject, Resolver

Build: TypeAlias = "Callable[[JsonObject], dict[str, Any]]"
_Ends: TypeAlias = tuple[tuple[str, str], ...]


def compile_object(parts: Mapping[str, Resolver]) -> Build:
    """Return what makes the object whose members these resolvers give; it keeps their order."""
    shape: dict[str, Any] = {
        key: each.value if isinstance(each, Constant) else MISSING for key, each in parts.items()
    }
    build = _read(shape, parts)
    if computed := tuple(_computed(parts)):
        build = _with(computed, build)
    return _without_prototype(build) if PROTOTYPE_KEY in parts else build


def _read(shape: dict[str, Any], parts: Mapping[str, Resolver]) -> Build:
    families = tuple(_families(parts))

    def build(event: JsonObject) -> dict[str, Any]:
        built = shape.copy()
        for find, ends in families:
            parent = find(event)
            if type(parent) is dict:
                for key, name in ends:
                    built[key] = parent.get(name, MISSING)
            elif parent is not MISSING:
                for key, name in ends:
                    built[key] = follow_step(parent, name)
        return built

    return build


def _families(parts: Mapping[str, Resolver]) -> Iterator[tuple[Getter, _Ends]]:
    """Yield for each parent of the paths how it is found, and (key here, name there) of each."""
    families: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for key, each in parts.items():
        if isinstance(each, PathResolver):
            *parent, name = each.steps
            families.setdefault(tuple(parent), []).append((key, name))
    for steps, ends in families.items():
        yield compile_steps(steps), tuple(ends)


def _computed(parts: Mapping[str, Resolver]) -> Iterator[tuple[str, Resolver]]:
    """Yield what is called for a member that is not there, or null, when all paths are read."""
    for key, each in parts.items():
        if not isinstance(each, Constant | PathResolver):
            yield key, each
        elif isinstance(each, PathResolver) and each.otherwise is not None:
            yield key, specialize(each.otherwise)


def _with(computed: tuple[tuple[str, Resolver], ...], start: Build) -> Build:
    def build(event: JsonObject) -> dict[str, Any]:
        built = start(event)
        key = ""
        try:
            for key, each in computed:
                found = built[key]  # nothing either, where no path was read for it
                if found is None or found is MISSING:
                    built[key] = each(event)
        except ResolutionError as failure:
            failure.steps = (key, *failure.steps)
            raise
        return built

    return build


def _without_prototype(start: Build) -> Build:
    def build(event: JsonObject) -> dict[str, Any]:
        built = start(event)
        del built[PROTOTYPE_KEY]
        return built

    return build
