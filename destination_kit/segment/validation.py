"""Validation of published definitions: what cannot be read, and what this version does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from destination_kit._json import as_array, as_object, pointer
from destination_kit.dynamic_fields import KEYS, VALUES
from destination_kit.errors import Problem, did_you_mean
from destination_kit.segment.read_fields import has_known_operators
from destination_kit.segment.write_definition import (
    ACTION,
    AUDIENCE,
    AUDIENCE_MODE,
    AUTHENTICATION,
    DOCUMENT,
    HOOK,
    PRESET,
    SCHEMES,
    SYNC_MODE,
)
from destination_kit.segment.write_fields import FIELD

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject


_TYPE_NAMES: Mapping[type, str] = {dict: "a JSON object", list: "a list", str: "text"}


def check_document(document: Json) -> Iterator[Problem]:
    """Yield each part that does not have the type that the reader needs, with its JSON Pointer."""
    if not isinstance(document, Mapping):
        yield from _wrong_type(dict)
        return
    for name in ("slug", "name"):
        if not isinstance(document.get(name), str) or not document[name]:
            yield from _wrong_type(str, name)
    authentication = document.get("authentication")
    yield from _check_optional(authentication, dict, "authentication")
    if isinstance(authentication, Mapping):
        yield from _check_fields(authentication.get("fields"), "authentication", "fields")
    yield from _check_actions(document.get("actions", {}), "actions")
    yield from _check_presets(document.get("presets"))
    audience = document.get("audienceConfig")
    if isinstance(audience, Mapping):
        yield from _check_fields(audience.get("audienceFields"), "audienceConfig", "audienceFields")


def _check_actions(actions: Json, *at: str) -> Iterator[Problem]:
    if not isinstance(actions, Mapping):
        yield from _wrong_type(dict, *at)
        return
    for slug, action in actions.items():
        if not isinstance(action, Mapping):
            yield from _wrong_type(dict, *at, slug)
            continue
        yield from _check_fields(action.get("fields"), *at, slug, "fields")
        hooks = action.get("hooks")
        yield from _check_optional(hooks, dict, *at, slug, "hooks")
        for name, hook in as_object(hooks).items():
            yield from _check_hook(hook, *at, slug, "hooks", name)


def _check_hook(hook: Json, *at: str) -> Iterator[Problem]:
    if not isinstance(hook, Mapping):
        yield from _wrong_type(dict, *at)
        return
    for name in ("inputFields", "outputFields"):
        yield from _check_fields(hook.get(name), *at, name)


def _check_presets(presets: Json) -> Iterator[Problem]:
    yield from _check_optional(presets, list, "presets")
    for index, preset in enumerate(as_array(presets)):
        if not isinstance(preset, Mapping):
            yield from _wrong_type(dict, "presets", index)


def _check_fields(fields: Json, *at: str | int) -> Iterator[Problem]:
    yield from _check_optional(fields, dict, *at)
    for name, field in as_object(fields).items():
        if not isinstance(field, Mapping):
            yield from _wrong_type(dict, *at, name)
            continue
        properties = field.get("properties")
        yield from _check_fields(properties, *at, name, "properties")


def _check_optional(value: Json, wanted: type, *at: str | int) -> Iterator[Problem]:
    kinds: tuple[type, ...] = (Mapping,) if wanted is dict else (list, tuple)
    if value is not None and not isinstance(value, kinds):
        yield from _wrong_type(wanted, *at)


def _wrong_type(wanted: type, *at: str | int) -> Iterator[Problem]:
    yield Problem(pointer(*at), "DEFINITION", f"should be {_TYPE_NAMES[wanted]}")


_TYPES: Final = (
    *("string", "text", "number", "integer", "datetime", "boolean", "password", "object"),
)
_CHOICE: Final = ("label", "value")
_CONDITIONS: Final = ("match", "conditions")
_CONDITION: Final = ("fieldKey", "operator", "value", "type")


def find_unknown(document: JsonObject) -> Iterator[Problem]:
    """Yield each key and value that this version does not know, with its JSON Pointer."""
    yield from _unknown_keys(document, DOCUMENT)
    authentication = as_object(document.get("authentication"))
    yield from _unknown_keys(authentication, AUTHENTICATION, "authentication")
    scheme = authentication.get("scheme", "none")
    if scheme not in (*SCHEMES, "none"):
        yield _note(f"There is no scheme {scheme!r}: it is kept", "authentication", "scheme")
    yield from _unknown_in_fields(authentication.get("fields"), FIELD, "authentication", "fields")
    audience, at = as_object(document.get("audienceConfig")), "audienceConfig"
    yield from _unknown_keys(audience, AUDIENCE, at)
    yield from _unknown_keys(as_object(audience.get("mode")), AUDIENCE_MODE, at, "mode")
    yield from _unknown_in_fields(audience.get("audienceFields"), FIELD, at, "audienceFields")
    for slug, action in as_object(document.get("actions")).items():
        yield from _unknown_in_action(as_object(action), "actions", slug)
    for index, preset in enumerate(as_array(document.get("presets"))):
        yield from _unknown_keys(as_object(preset), PRESET, "presets", index)


def _unknown_in_action(action: JsonObject, *at: str | int) -> Iterator[Problem]:
    yield from _unknown_keys(action, ACTION, *at)
    yield from _unknown_in_fields(action.get("fields"), FIELD, *at, "fields")
    mode = as_object(action.get("syncMode"))
    yield from _unknown_keys(mode, SYNC_MODE, *at, "syncMode")
    yield from _unknown_in_choices(mode.get("choices"), *at, "syncMode", "choices")
    yield from _unknown_parts(action, *at)
    for name, value in as_object(action.get("hooks")).items():
        hook, path = as_object(value), (*at, "hooks", name)
        yield from _unknown_keys(hook, HOOK, *path)
        yield from _unknown_in_fields(hook.get("inputFields"), FIELD, *path, "inputFields")
        yield from _unknown_in_fields(hook.get("outputFields"), FIELD, *path, "outputFields")


def _unknown_parts(action: JsonObject, *at: str | int) -> Iterator[Problem]:
    """Yield each part of `dynamicFields` that the fields of the action do not have."""
    fields = as_object(action.get("fields"))
    for name, parts in as_object(action.get("dynamicFields")).items():
        properties = as_object(as_object(fields.get(name)).get("properties"))
        for part in as_array(parts):
            if name not in fields or (part not in (KEYS, VALUES) and part not in properties):
                message = f"There is no field for {part!r}: it is kept, and has no choices"
                yield _note(message, *at, "dynamicFields", name)


def _unknown_in_fields(fields: Json, known: Sequence[str], *at: str | int) -> Iterator[Problem]:
    for name, value in as_object(fields).items():
        field, path = as_object(value), (*at, name)
        yield from _unknown_keys(field, known, *path)
        if field.get("type") not in _TYPES:
            hint = did_you_mean(field.get("type"), _TYPES)
            yield _note(f"There is no field type {field.get('type')!r}{hint}", *path, "type")
        if not has_known_operators(field):
            message = "A condition has an unknown operator: it is kept"
            yield _note(message, *path, "required")
        yield from _unknown_in_choices(field.get("choices"), *path, "choices")
        for attribute in ("required", "depends_on"):
            yield from _unknown_in_conditions(as_object(field.get(attribute)), *path, attribute)
        yield from _unknown_in_fields(field.get("properties"), FIELD, *path, "properties")


def _unknown_in_choices(choices: Json, *at: str | int) -> Iterator[Problem]:
    for index, choice in enumerate(as_array(choices)):
        yield from _unknown_keys(as_object(choice), _CHOICE, *at, index)


def _unknown_in_conditions(conditions: JsonObject, *at: str | int) -> Iterator[Problem]:
    yield from _unknown_keys(conditions, _CONDITIONS, *at)
    for index, condition in enumerate(as_array(conditions.get("conditions"))):
        yield from _unknown_keys(as_object(condition), _CONDITION, *at, "conditions", index)


def _unknown_keys(part: JsonObject, known: Sequence[str], *at: str | int) -> Iterator[Problem]:
    for key in part:
        if key not in known:
            hint = did_you_mean(key, known)
            message = f"There is no {key!r} that this version knows: it is kept{hint}"
            yield _note(message, *at, key)


def _note(message: str, *at: str | int) -> Problem:
    return Problem(pointer(*at), "UNKNOWN", f"{message}.")
