"""The rules that need no run: schemas, and default triggers and mappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit import fql
from destination_kit._json import Json, JsonObject, pointer
from destination_kit.catalog.definition_checks import (
    check_destination_schemas,
    check_destination_structure,
)
from destination_kit.errors import Problem, did_you_mean
from destination_kit.fields import (
    collect_defaults,
    compile_validator,
    iter_fields,
    load_metaschema,
)
from destination_kit.mapping import DIRECTIVES, analyze_mapping, paths_read
from destination_kit.testing.events import events_of_every_type

if TYPE_CHECKING:
    from destination_kit.definitions import Action, Destination


def check_definition(destination: Destination) -> Iterator[Problem]:
    """Yield what is wrong with the record of a destination, its schemas included."""
    structure = check_destination_structure(destination, DIRECTIVES)
    yield from structure or check_destination_schemas(destination)


def check_defaults(destination: Destination) -> Iterator[Problem]:
    """Yield what is wrong with the default triggers and mappings of sound actions."""
    for slug, action in destination.actions.items():
        if action.trigger is not None:
            yield from _trigger(slug, action.trigger)
        yield from _mapping(slug, action)


def _trigger(slug: str, trigger: str) -> Iterator[Problem]:
    place, known = pointer("actions", slug, "trigger"), events_of_every_type()
    types = fql.event_types(fql.parse_trigger(trigger))
    for name in sorted(types or ()):
        if name not in known:
            message = f"the default trigger of `{slug}` asks for events of type {name!r}, and there are none{did_you_mean(name, known)}"
            yield Problem(place, "TRIGGER", message)
    if types is not None and not types:
        message = (
            f"the default trigger of `{slug}` asks for several types at once: no event matches it"
        )
        yield Problem(place, "TRIGGER", message)


def _mapping(slug: str, action: Action) -> Iterator[Problem]:
    mapping, where = collect_defaults(action.fields), ("actions", slug, "fields", "properties")
    fields = dict(iter_fields(action.fields))
    roots = [name for name, _ in iter_fields(load_metaschema("event"))]
    for name, default in mapping.items():
        place = pointer(*where, name, "default")
        if _is_literal(default):
            schema: JsonObject = {"type": "object", "properties": {name: fields[name]}}
            for each in compile_validator(schema)({name: default})[1]:
                message = f"the default of `{name}` in `{slug}` does not fit its own field: {each.message}"
                yield Problem(place, "DEFAULT", message)
        for path in paths_read(default):
            root = path.partition(".")[0]
            meant = did_you_mean(root, roots)
            if root and root not in roots and meant:
                message = f"the default of `{name}` in `{slug}` reads `$.{path}`, and no event has {root!r}{meant}"
                yield Problem(place, "DEFAULT", message)
    for warning in analyze_mapping(mapping).warnings:
        yield Problem(pointer(*where), "DEFAULT", f"the default mapping of `{slug}`: {warning}")


def _is_literal(value: Json) -> bool:
    if isinstance(value, Mapping):
        return not any(key.startswith("@") for key in value) and all(
            map(_is_literal, value.values())
        )
    if isinstance(value, list | tuple):
        return all(map(_is_literal, value))
    return not (isinstance(value, str) and "{{" in value)
