"""What a mapping says about itself before any event: the paths that it reads, and its surprises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from destination_kit._javascript import PROTOTYPE_KEY
from destination_kit._json import MISSING, pointer
from destination_kit.mapping.directives.liquid import liquid_template
from destination_kit.mapping.paths import parse_path, strip_root
from destination_kit.mapping.root_directive import expand_root
from destination_kit.mapping.templates import template_paths
from destination_kit.mapping.validation import directive_name

if TYPE_CHECKING:
    from destination_kit._json import Json, Value

Steps: TypeAlias = tuple[str, ...]


def paths_read(mapping: Json) -> tuple[str, ...]:
    """Return the paths of an event that a valid mapping may read, such as `traits.email`.

    Each comes once, in the order of the mapping; "" is the whole event. A path that an event
    computes is not among them, nor is what a directive from a plugin reads by itself.
    """
    return tuple(dict.fromkeys(".".join(steps) for steps in _paths(mapping)))


def shape_of(mapping: Json) -> Mapping[str, Value] | None:
    """Return the fields that a mapping has for every event, and `MISSING` for all but scalars.

    None is returned where a directive stands for the whole of it.
    """
    root = expand_root(mapping)
    if not isinstance(root, Mapping) or directive_name(root) is not None:
        return None
    return {
        field: MISSING if isinstance(each, Mapping | list | tuple) else each
        for field, each in root.items()
        if field != PROTOTYPE_KEY
    }


def mapping_warnings(mapping: Json) -> Iterator[str]:
    """Say what in the Liquid templates of a valid mapping is not what it seems to be."""
    for steps, source in _liquid(mapping):
        template = liquid_template(source)
        place = pointer(*steps)
        for name in template.ignored if template else ():
            yield f"{place}: there is no Liquid filter {name!r}, so it changes nothing"
        for name in template.disabled if template else ():
            yield f"{place}: the Liquid filter {name!r} is disabled: events that reach it fail"


def _paths(value: Json) -> Iterator[Steps]:
    if isinstance(value, Mapping):
        name = directive_name(value)
        yield from _read_by(name, value[name]) if name else _of_each(value.values())
    elif isinstance(value, list | tuple):
        yield from _of_each(value)


def _of_each(values: Iterable[Json]) -> Iterator[Steps]:
    return (steps for each in values for steps in _paths(each))


def _read_by(name: str, argument: Json) -> Iterator[Steps]:
    match name, argument:
        case "@path", str():
            yield parse_path(strip_root(argument))
        case "@template", str():
            yield from map(parse_path, template_paths(argument))
        case "@liquid", str():
            template = liquid_template(argument)
            yield from template.paths if template else ()
        case "@arrayPath", [str() as path, *shape]:
            steps = parse_path(strip_root(path))
            yield steps
            yield from ((*steps, *inner) for inner in _of_each(shape))
        case "@transform", Mapping():
            yield from _paths(argument.get("apply"))  # the rest reads what that has made
        case _:
            yield from _paths(argument)


def _liquid(value: Json, *steps: str | int) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every Liquid template in a mapping, with the steps that lead to it."""
    if isinstance(value, Mapping):
        source = value.get("@liquid")
        if isinstance(source, str) and directive_name(value) == "@liquid":
            yield steps, source
        for key, each in value.items():
            yield from _liquid(each, *steps, key)
    elif isinstance(value, list | tuple):
        for at, each in enumerate(value):
            yield from _liquid(each, *steps, at)
