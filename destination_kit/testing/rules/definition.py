"""Rules that need no run: the definition's structure and schemas, default triggers and mappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit import fql
from destination_kit._json import Json, JsonObject, pointer
from destination_kit.definition_checks import (
    check_default_triggers,
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
    """Yield the problems of a destination's record and of its schemas."""
    structure = check_destination_structure(destination, DIRECTIVES)
    yield from structure or check_destination_schemas(destination)
    if not structure:
        yield from check_default_triggers(destination)


def check_defaults(destination: Destination) -> Iterator[Problem]:
    """Yield the problems of the default triggers and mappings of valid actions."""
    for slug, action in destination.actions.items():
        if action.trigger is not None:
            yield from _check_trigger(slug, action.trigger)
        yield from _check_mapping(slug, action)


def _check_trigger(slug: str, trigger: str) -> Iterator[Problem]:
    path, known = pointer("actions", slug, "trigger"), events_of_every_type()
    types = fql.event_types(fql.parse_trigger(trigger))
    for name in sorted(types or ()):
        if name not in known:
            message = f"the default trigger of `{slug}` asks for events of type {name!r}, which do not exist{did_you_mean(name, known)}"
            yield Problem(path, "TRIGGER", message)
    if types is not None and not types:
        message = (
            f"the default trigger of `{slug}` asks for several types at once: no event matches it"
        )
        yield Problem(path, "TRIGGER", message)


def _check_mapping(slug: str, action: Action) -> Iterator[Problem]:
    mapping, where = collect_defaults(action.fields), ("actions", slug, "fields", "properties")
    fields = dict(iter_fields(action.fields))
    roots = [name for name, _ in iter_fields(load_metaschema("event"))]
    for name, default in mapping.items():
        path = pointer(*where, name, "default")
        if _is_literal(default):
            schema: JsonObject = {"type": "object", "properties": {name: fields[name]}}
            for found in compile_validator(schema)({name: default})[1]:
                message = (
                    f"the default of `{name}` in `{slug}` does not fit its field: {found.message}"
                )
                yield Problem(path, "DEFAULT", message)
        for event_path in paths_read(default):
            root = event_path.partition(".")[0]
            hint = did_you_mean(root, roots)
            # An event may have keys beyond Segment's Spec, so an unknown root is no fault. One that
            # nearly spells a known root is probably a typing error.
            if root and root not in roots and hint:
                message = f"the default of `{name}` in `{slug}` reads `$.{event_path}`, and events have no {root!r}{hint}"
                yield Problem(path, "DEFAULT", message)
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
