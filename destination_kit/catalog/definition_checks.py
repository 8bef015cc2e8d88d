"""The structure of a definition, checked when it is loaded; no meta-schema is needed for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from destination_kit._json import pointer
from destination_kit.catalog.batch_limits import check_action_limits
from destination_kit.definitions import Action, Authentication, BatchLimits, Destination, Preset
from destination_kit.errors import ConfigurationError, DefinitionError, Problem
from destination_kit.fields import check_keywords, check_schema, collect_defaults, compile_validator
from destination_kit.fql import compile_trigger
from destination_kit.mapping import compile_mapping

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Destination, Directive


def check_destination_types(destination: Destination) -> Iterator[Problem]:
    """Yield what is not of the type that a destination's record asks for, actions left to theirs."""
    yield from _expect(destination, "a text", str, "slug", "name", "description")
    yield from _expect(destination, "a JSON object", Mapping, "settings")
    yield from _expect(destination, "an Authentication", Authentication, "authentication")
    yield from _expect(destination, "a tuple of texts", tuple | list, "hosts")
    yield from _expect(destination, "a mapping of slugs to Action records", Mapping, "actions")
    yield from _expect(destination, "a tuple of Preset records", tuple | list, "presets")
    if destination.create_shared_state is not None:
        yield from _expect(destination, "a function", Callable, "create_shared_state")


def check_action_types(action: object, *at: str | int) -> Iterator[Problem]:
    """Yield what is not of the type that an action's record asks for."""
    if not isinstance(action, Action):
        yield Problem(pointer(*at), "SHAPE", f"is a {type(action).__name__}, not an Action")
        return
    yield from _expect(action, "a text", str, "title", "description", at=at)
    yield from _expect(action, "a text or None", str | None, "trigger", at=at)
    yield from _expect(action, "a JSON object", Mapping, "fields", at=at)
    yield from _expect(action, "a mapping of fields to functions", Mapping, "choices", at=at)
    yield from _check_async(action.perform, *at, "perform")
    yield from _expect(action, "a BatchLimits", BatchLimits, "batch", at=at)
    if action.perform_batch is not None:
        yield from _check_async(action.perform_batch, *at, "perform_batch")


def check_preset_types(preset: object, *at: str | int) -> Iterator[Problem]:
    """Yield what is not of the type that a preset's record asks for."""
    if not isinstance(preset, Preset):
        yield Problem(pointer(*at), "SHAPE", f"is a {type(preset).__name__}, not a Preset")
        return
    yield from _expect(preset, "a text", str, "name", "action", at=at)
    yield from _expect(preset, "a text or None", str | None, "trigger", at=at)
    yield from _expect(preset, "a JSON object", Mapping, "mapping", at=at)


def _expect(
    record: object, what: str, wanted: Any, *names: str, at: tuple[str | int, ...] = ()
) -> Iterator[Problem]:
    for name in names:
        value = getattr(record, name)
        if not isinstance(value, wanted):
            message = f"should be {what}, and is a {type(value).__name__}"
            yield Problem(pointer(*at, name), "SHAPE", message)


def _check_async(function: Callable[..., object], *at: str | int) -> Iterator[Problem]:
    inner = getattr(function, "func", function)  # what a partial wraps
    if not iscoroutinefunction(inner) and not iscoroutinefunction(type(inner).__call__):
        yield Problem(pointer(*at), "SHAPE", "should be an async function")


_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def check_host_pattern(pattern: object) -> str | None:
    """Return what is wrong with a host pattern such as `*.example.com`, None if nothing is."""
    if isinstance(pattern, str) and _HOST.fullmatch(pattern):
        return None
    return "a host is a lower-case name with a dot, with `*.` before it for every host below"


def check_destination_structure(
    destination: Destination, directives: Mapping[str, Directive]
) -> tuple[Problem, ...]:
    """Return what is wrong with a destination; paths point into its record."""
    return tuple(check_destination_types(destination)) or tuple(
        _destination(destination, directives)
    )


def _destination(
    destination: Destination, directives: Mapping[str, Directive]
) -> Iterator[Problem]:
    if not _SLUG.fullmatch(destination.slug):
        yield Problem("/slug", "SLUG", "a slug is lower-case words joined by single hyphens")
    if not destination.name:
        yield Problem("/name", "NAME", "a destination needs a name that people know it by")
    yield from _object_schema(destination.settings, "settings")
    yield from _hosts(destination)
    for slug, action in destination.actions.items():
        yield from check_action_structure(str(slug), action, directives)
        if not isinstance(slug, str):
            yield Problem("/actions", "SHAPE", f"the slug of an action is a text, not {slug!r}")
    for index, preset in enumerate(destination.presets):
        yield from check_preset(destination, preset, index, directives)


def _hosts(destination: Destination) -> Iterator[Problem]:
    for index, pattern in enumerate(destination.hosts):
        if message := check_host_pattern(pattern):
            yield Problem(pointer("hosts", index), "HOSTS", message)
    if destination.extend_request and not destination.hosts:
        message = "extend_request adds credentials, so `hosts` must say where they may go"
        yield Problem("/hosts", "HOSTS", message)


def check_action_structure(
    slug: str, action: Action, directives: Mapping[str, Directive]
) -> Iterator[Problem]:
    """Yield what is wrong with an action of a destination."""
    where = ("actions", slug)
    if shape := list(check_action_types(action, *where)):
        yield from shape
        return
    yield from _object_schema(action.fields, *where, "fields")
    yield from check_action_limits(action, *where, "batch")
    fields = action.fields.get("properties", {})
    for name in action.choices:
        if not isinstance(fields, Mapping) or name not in fields:
            yield Problem(pointer(*where, "choices", name), "CHOICES", f"there is no field {name}")
    if action.trigger is not None:
        yield from check_trigger(action.trigger, *where, "trigger")
    yield from check_mapping_at(collect_defaults(action.fields), directives, *where, "fields")


def check_preset(
    destination: Destination, preset: Preset, index: int, directives: Mapping[str, Directive]
) -> Iterator[Problem]:
    """Yield what is wrong with a preset of a destination."""
    where = ("presets", index)
    if shape := list(check_preset_types(preset, *where)):
        yield from shape
        return
    if preset.action not in destination.actions:
        yield Problem(pointer(*where, "action"), "PRESET", f"there is no action {preset.action}")
    if preset.trigger is not None:
        yield from check_trigger(preset.trigger, *where, "trigger")
    yield from check_mapping_at(preset.mapping, directives, *where, "mapping")


def check_trigger(text: str, *where: str | int) -> Iterator[Problem]:
    """Yield what is wrong with a trigger, placed at `where`."""
    try:
        compile_trigger(text)
    except ConfigurationError as error:
        yield from relocate_problems(error, *where)


def check_mapping_at(
    mapping: Json, directives: Mapping[str, Directive], *where: str | int
) -> Iterator[Problem]:
    """Yield what is wrong with a mapping, placed below `where`."""
    try:
        compile_mapping(mapping, directives=directives)
    except ConfigurationError as error:
        yield from relocate_problems(error, *where)


def relocate_problems(error: ConfigurationError, *where: str | int) -> Iterator[Problem]:
    """Yield an error's problems as seen from the document that holds its text at `where`."""
    for each in error.problems:
        yield Problem(pointer(*where) + each.path, each.code, each.message)


def check_destination_schemas(destination: Destination) -> Iterator[Problem]:
    """Yield what the meta-schemas find wrong with a destination's settings and actions' fields.

    Paths point into the definition. The meta-schemas cost time, so loading a plugin leaves them to
    `dkit check`, `dkit doctor` and the tests of an author.
    """
    schemas = {("settings",): destination.settings} | {
        ("actions", slug, "fields"): action.fields for slug, action in destination.actions.items()
    }
    for steps, schema in schemas.items():
        for problem in check_schema(schema):
            yield Problem(pointer(*steps) + problem.path, problem.code, problem.message)


def _object_schema(schema: JsonObject, *where: str | int) -> Iterator[Problem]:
    if schema.get("type") != "object" or not isinstance(schema.get("properties", {}), Mapping):
        message = 'needs a JSON Schema with "type": "object", whose "properties" are an object'
        yield Problem(pointer(*where), "SCHEMA", message)
        return
    for each in check_keywords(schema):
        yield Problem(pointer(*where) + each.path, each.code, each.message)
    try:
        compile_validator(schema)
    except DefinitionError as error:
        yield Problem(pointer(*where), "SCHEMA", str(error))
