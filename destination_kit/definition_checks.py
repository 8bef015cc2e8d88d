"""Checks of a definition: its structure, when a plugin is loaded, and its schemas, when asked.

The structure is checked without `jsonschema`, so that a start of the command line stays cheap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from destination_kit._file_names import describe_unsafe_name, find_collisions, is_device
from destination_kit._json import as_object, pointer
from destination_kit.batch_limits import check_action_limits
from destination_kit.definitions import (
    Action,
    Audience,
    Authentication,
    Destination,
    MappingHook,
    Preset,
)
from destination_kit.dynamic_fields import check_choices
from destination_kit.errors import ConfigurationError, DefinitionError, Problem
from destination_kit.fields import collect_defaults, compile_validator
from destination_kit.fql import compile_trigger
from destination_kit.limits import BatchLimits
from destination_kit.mapping import check_mapping
from destination_kit.schema_checks import check_keywords, check_schema

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.directive_interface import Directive

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def check_destination_structure(
    destination: Destination, directives: Mapping[str, Directive]
) -> tuple[Problem, ...]:
    """Return what keeps a destination from loading; paths point into its record.

    Default triggers are left out: see `check_default_triggers`.
    """
    # The other checks rely on the types. With a wrong type they would raise, and the author would
    # see a traceback, not a problem.
    return tuple(_check_destination_types(destination)) or tuple(
        _check_destination(destination, directives)
    )


def check_action_structure(
    slug: str, action: Action, directives: Mapping[str, Directive]
) -> Iterator[Problem]:
    """Yield what is wrong with an action of a destination."""
    where = ("actions", slug)
    if type_problems := list(_check_action_types(action, *where)):
        yield from type_problems
        return
    yield from _check_name(slug, *where)
    yield from _check_object_schema(action.fields, *where, "fields")
    yield from check_action_limits(action, *where, "batch")
    yield from check_choices(action.fields, action.choices, (*where, "fields"), (*where, "choices"))
    for name, hook in action.hooks.items():
        yield from _check_hook(hook, *where, "hooks", name)
    default_mapping = check_mapping(collect_defaults(action.fields), directives=directives)
    yield from relocate_problems(default_mapping, *where, "fields")


def check_preset(
    destination: Destination, preset: Preset, index: int, directives: Mapping[str, Directive]
) -> Iterator[Problem]:
    """Yield what is wrong with a preset of a destination."""
    where = ("presets", index)
    if type_problems := list(_check_preset_types(preset, *where)):
        yield from type_problems
        return
    yield from _check_name(preset.name, *where, "name")
    if preset.action not in destination.actions:
        yield Problem(pointer(*where, "action"), "PRESET", f"there is no action {preset.action}")
    problems = check_mapping(preset.mapping, directives=directives)
    yield from relocate_problems(problems, *where, "mapping")


def check_default_triggers(destination: Destination) -> Iterator[Problem]:
    """Yield each trigger of an action or preset that cannot be read; paths point into the record.

    Such a trigger costs a subscription that relies on it, never the destination: an operator can
    give the subscription a trigger of its own.
    """
    for slug, action in destination.actions.items():
        yield from check_trigger(action.trigger, "actions", slug, "trigger")
    for index, preset in enumerate(destination.presets):
        yield from check_trigger(preset.trigger, "presets", index, "trigger")


def check_trigger(trigger: str | None, *where: str | int) -> Iterator[Problem]:
    """Yield why the trigger of an action or preset cannot be read; None is no trigger."""
    try:
        if trigger is not None:
            compile_trigger(trigger)
    except ConfigurationError as error:
        yield from relocate_problems(error.problems, *where)


def check_destination_schemas(destination: Destination) -> Iterator[Problem]:
    """Yield what the meta-schemas find wrong with a destination's settings and actions' fields.

    Paths point into the definition. Loading a plugin leaves this check out, because it imports
    `jsonschema`; `dkit check`, `dkit doctor` and the tests of an author make it.
    """
    for steps, schema in _iter_schemas(destination):
        yield from relocate_problems(check_schema(schema), *steps)


def _iter_schemas(destination: Destination) -> Iterator[tuple[tuple[str, ...], JsonObject]]:
    yield ("settings",), destination.settings
    if destination.audience is not None:
        yield ("audience", "settings"), destination.audience.settings
    for slug, action in destination.actions.items():
        yield ("actions", slug, "fields"), action.fields
        for name, hook in action.hooks.items():
            yield ("actions", slug, "hooks", name, "inputs"), hook.inputs
            yield ("actions", slug, "hooks", name, "outputs"), hook.outputs


def check_host_pattern(pattern: object) -> str | None:
    """Return what is wrong with a host pattern such as `*.example.com`; None if nothing is."""
    if isinstance(pattern, str) and _HOST.fullmatch(pattern):
        return None
    return "a host is a lower-case name with a dot; `*.` before it stands for every host below it"


def relocate_problems(problems: Iterable[Problem], *where: str | int) -> Iterator[Problem]:
    """Yield problems of a part with paths into the whole, in which the part stands at `where`."""
    for problem in problems:
        yield replace(problem, path=pointer(*where) + problem.path)


def _check_destination(
    destination: Destination, directives: Mapping[str, Directive]
) -> Iterator[Problem]:
    yield from _check_slug(destination.slug)
    if not destination.name:
        yield Problem("/name", "NAME", "a destination needs a name")
    yield from _check_object_schema(destination.settings, "settings")
    yield from check_choices(destination.settings, destination.choices, ("settings",), ("choices",))
    yield from _check_hosts(destination)
    yield from _check_audience(destination.audience)
    yield from _check_collisions(destination.actions, "actions")
    for slug, action in destination.actions.items():
        yield from check_action_structure(slug, action, directives)
    for index, preset in enumerate(destination.presets):
        yield from check_preset(destination, preset, index, directives)


def _check_slug(slug: str) -> Iterator[Problem]:
    # `dkit schemas` makes a folder of the slug without the prefix of Segment's own slugs.
    if not _SLUG.fullmatch(slug):
        yield Problem("/slug", "SLUG", "a slug is lower-case words joined by single hyphens")
    elif message := describe_unsafe_name(slug):
        yield Problem("/slug", "SLUG", message)
    elif is_device(slug.removeprefix("actions-")):
        yield Problem("/slug", "SLUG", "Windows takes this name for a device")


def _check_name(name: object, *where: str | int) -> Iterator[Problem]:
    if message := describe_unsafe_name(name):
        yield Problem(pointer(*where), "NAME", message)


def _check_collisions(names: Iterable[object], *where: str | int) -> Iterator[Problem]:
    for name, earlier in find_collisions(name for name in names if isinstance(name, str)):
        message = f"many disks keep one file for this name and {earlier!r}: choose another"
        yield Problem(pointer(*where, name), "NAME", message)


def _check_hosts(destination: Destination) -> Iterator[Problem]:
    for index, pattern in enumerate(destination.hosts):
        if message := check_host_pattern(pattern):
            yield Problem(pointer("hosts", index), "HOSTS", message)
    if destination.extend_request and not destination.hosts:
        message = "extend_request adds credentials, so `hosts` must name the hosts that get them"
        yield Problem("/hosts", "HOSTS", message)


def _check_audience(audience: Audience | None) -> Iterator[Problem]:
    if audience is None:
        return
    where = ("audience", "settings")
    yield from _check_object_schema(audience.settings, *where)
    yield from check_choices(audience.settings, audience.choices, where, ("audience", "choices"))
    for name in ("create_audience", "get_audience"):
        if function := getattr(audience, name):
            yield from _check_async(function, "audience", name)


def _check_hook(hook: MappingHook, *where: str | int) -> Iterator[Problem]:
    yield from _check_name(where[-1], *where)
    yield from _check_object_schema(hook.inputs, *where, "inputs")
    yield from _check_object_schema(hook.outputs, *where, "outputs")
    yield from check_choices(hook.inputs, hook.choices, (*where, "inputs"), (*where, "choices"))


def _check_object_schema(schema: JsonObject, *where: str | int) -> Iterator[Problem]:
    if schema.get("type") != "object" or not isinstance(schema.get("properties", {}), Mapping):
        message = 'needs a JSON Schema with "type": "object", whose "properties" are an object'
        yield Problem(pointer(*where), "SCHEMA", message)
        return
    properties = as_object(schema.get("properties"))
    yield from _check_collisions(properties, *where, "properties")
    for name in properties:
        yield from _check_name(name, *where, "properties", name)
    yield from relocate_problems(check_keywords(schema), *where)
    try:
        compile_validator(schema)
    except DefinitionError as error:
        yield Problem(pointer(*where), "SCHEMA", str(error))


def _check_destination_types(destination: Destination) -> Iterator[Problem]:
    """Yield each attribute of a wrong type; those of actions and presets are checked with them."""
    yield from _check_types(destination, "a text", str, "slug", "name", "description")
    yield from _check_types(destination, "a JSON object", Mapping, "settings")
    yield from _check_types(destination, "a mapping of settings to functions", Mapping, "choices")
    yield from _check_types(destination, "an Authentication", Authentication, "authentication")
    yield from _check_types(destination, "a tuple of texts", tuple | list, "hosts")
    yield from _check_types(destination, "a mapping of slugs to Action records", Mapping, "actions")
    yield from _check_types(destination, "a tuple of Preset records", tuple | list, "presets")
    yield from _check_types(destination, "an Audience or None", Audience | None, "audience")
    if isinstance(audience := destination.audience, Audience):
        expected, at = "a mapping of settings to functions", ("audience",)
        yield from _check_types(audience, expected, Mapping, "choices", at=at)
    if destination.create_shared_state is not None:
        yield from _check_types(destination, "a function", Callable, "create_shared_state")
    if destination.on_delete is not None:
        yield from _check_async(destination.on_delete, "on_delete")


def _check_action_types(action: object, *at: str | int) -> Iterator[Problem]:
    if not isinstance(action, Action):
        yield Problem(pointer(*at), "SHAPE", f"is a {type(action).__name__}, not an Action")
        return
    yield from _check_types(action, "a text", str, "title", "description", at=at)
    yield from _check_types(action, "a text or None", str | None, "trigger", at=at)
    yield from _check_types(action, "a JSON object", Mapping, "fields", at=at)
    yield from _check_types(action, "a mapping of fields to functions", Mapping, "choices", at=at)
    yield from _check_async(action.perform, *at, "perform")
    yield from _check_types(action, "a BatchLimits", BatchLimits, "batch", at=at)
    if action.perform_batch is not None:
        yield from _check_async(action.perform_batch, *at, "perform_batch")
    yield from _check_types(action, "a mapping of names to hooks", Mapping, "hooks", at=at)
    hooks: object = action.hooks
    for name, hook in hooks.items() if isinstance(hooks, Mapping) else ():
        yield from _check_hook_types(hook, *at, "hooks", name)


def _check_hook_types(hook: object, *at: str | int) -> Iterator[Problem]:
    if not isinstance(hook, MappingHook):
        yield Problem(pointer(*at), "SHAPE", f"is a {type(hook).__name__}, not a MappingHook")
        return
    yield from _check_types(hook, "a JSON object", Mapping, "inputs", "outputs", at=at)
    yield from _check_types(hook, "a mapping of inputs to functions", Mapping, "choices", at=at)
    if hook.perform is not None:
        yield from _check_async(hook.perform, *at, "perform")


def _check_preset_types(preset: object, *at: str | int) -> Iterator[Problem]:
    if not isinstance(preset, Preset):
        yield Problem(pointer(*at), "SHAPE", f"is a {type(preset).__name__}, not a Preset")
        return
    yield from _check_types(preset, "a text", str, "name", "action", at=at)
    yield from _check_types(preset, "a text or None", str | None, "trigger", at=at)
    yield from _check_types(preset, "a JSON object", Mapping, "mapping", at=at)


def _check_types(
    record: object, expected: str, expected_type: Any, *names: str, at: tuple[str | int, ...] = ()
) -> Iterator[Problem]:
    for name in names:
        value = getattr(record, name)
        if not isinstance(value, expected_type):
            message = f"should be {expected}, and is a {type(value).__name__}"
            yield Problem(pointer(*at, name), "SHAPE", message)


def _check_async(function: Callable[..., object], *at: str | int) -> Iterator[Problem]:
    inner = getattr(function, "func", function)
    # `iscoroutinefunction` is false for an object with an async `__call__`, and for a `partial` of
    # one. Both are valid functions of an action.
    if not iscoroutinefunction(inner) and not iscoroutinefunction(type(inner).__call__):
        yield Problem(pointer(*at), "SHAPE", "should be an async function")
