"""Resolvers of objects: one copy brings all literals, one look-up all paths that share a parent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from destination_kit._javascript import PROTOTYPE_KEY
from destination_kit._json import MISSING
from destination_kit._python_values import NotJsonError
from destination_kit.errors import ResolutionError
from destination_kit.mapping.paths import (
    Getter,
    PathResolver,
    compile_steps,
    follow_step,
    specialize,
)
from destination_kit.mapping.resolvers import Constant

if TYPE_CHECKING:
    from destination_kit._json import JsonObject, Resolver

ObjectBuilder: TypeAlias = "Callable[[JsonObject], dict[str, Any]]"
_KeyPairs: TypeAlias = tuple[tuple[str, str], ...]


def compile_object(members: Mapping[str, Resolver]) -> ObjectBuilder:
    """Return the builder of an object from the resolvers of its members; it keeps their order."""
    template: dict[str, Any] = {
        key: resolve.value if isinstance(resolve, Constant) else MISSING
        for key, resolve in members.items()
    }
    build = _build_from_paths(template, members)
    if computed := tuple(_computed_members(members)):
        build = _with_computed(computed, build)
    return _without_prototype(build) if PROTOTYPE_KEY in members else build


def _build_from_paths(template: dict[str, Any], members: Mapping[str, Resolver]) -> ObjectBuilder:
    groups = tuple(_group_by_parent(members))

    def build(event: JsonObject) -> dict[str, Any]:
        built = template.copy()
        for find_parent, keys in groups:
            parent = find_parent(event)
            if type(parent) is dict:
                for key, source_key in keys:
                    built[key] = parent.get(source_key, MISSING)
            elif parent is not MISSING:
                for key, source_key in keys:
                    built[key] = follow_step(parent, source_key)
        return built

    return build


def _group_by_parent(members: Mapping[str, Resolver]) -> Iterator[tuple[Getter, _KeyPairs]]:
    """Yield the getter of each parent, with (key in the object, key in the parent) of its paths."""
    groups: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for key, resolve in members.items():
        if isinstance(resolve, PathResolver):
            *parent, source_key = resolve.steps
            groups.setdefault(tuple(parent), []).append((key, source_key))
    for steps, keys in groups.items():
        yield compile_steps(steps), tuple(keys)


def _computed_members(members: Mapping[str, Resolver]) -> Iterator[tuple[str, Resolver]]:
    """Yield the resolvers that run after the paths are read, for members still null or absent."""
    for key, resolve in members.items():
        if not isinstance(resolve, Constant | PathResolver):
            yield key, resolve
        elif isinstance(resolve, PathResolver) and resolve.fallback is not None:
            yield key, specialize(resolve.fallback)


def _with_computed(
    computed: tuple[tuple[str, Resolver], ...], build_from_paths: ObjectBuilder
) -> ObjectBuilder:
    def build(event: JsonObject) -> dict[str, Any]:
        built = build_from_paths(event)
        key = ""
        try:
            for key, resolve in computed:
                value = built[key]
                if value is None or value is MISSING:
                    built[key] = resolve(event)
        except (ResolutionError, NotJsonError) as failure:
            failure.steps = (key, *failure.steps)
            raise
        return built

    return build


def _without_prototype(build_with_prototype: ObjectBuilder) -> ObjectBuilder:
    def build(event: JsonObject) -> dict[str, Any]:
        built = build_with_prototype(event)
        del built[PROTOTYPE_KEY]
        return built

    return build
