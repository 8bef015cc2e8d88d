"""What in a published definition this version does not know: noted, kept and written again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from destination_kit._json import as_array, as_object, pointer
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
from destination_kit.segment.write_fields import FIELD, SETTING

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject


_WORDS: Mapping[type, str] = {dict: "a JSON object", list: "a list", str: "text"}


def check_document(document: Json) -> Iterator[Problem]:
    """Yield what is not of the shape that reading needs, with its place."""
    if not isinstance(document, Mapping):
        yield from _wrong(dict)
        return
    for name in ("slug", "name"):
        if not isinstance(document.get(name), str) or not document[name]:
            yield from _wrong(str, name)
    authentication = document.get("authentication")
    yield from _optional(authentication, dict, "authentication")
    if isinstance(authentication, Mapping):
        yield from _fields(authentication.get("fields"), "authentication", "fields")
    yield from _members(document.get("actions", {}), "actions")
    yield from _presets(document.get("presets"))
    audience = document.get("audienceConfig")
    if isinstance(audience, Mapping):
        yield from _fields(audience.get("audienceFields"), "audienceConfig", "audienceFields")


def _members(actions: Json, *at: str) -> Iterator[Problem]:
    if not isinstance(actions, Mapping):
        yield from _wrong(dict, *at)
        return
    for slug, action in actions.items():
        if not isinstance(action, Mapping):
            yield from _wrong(dict, *at, slug)
            continue
        yield from _fields(action.get("fields"), *at, slug, "fields")
        hooks = action.get("hooks")
        yield from _optional(hooks, dict, *at, slug, "hooks")
        for name, hook in as_object(hooks).items():
            yield from _hook(hook, *at, slug, "hooks", name)


def _hook(hook: Json, *at: str) -> Iterator[Problem]:
    if not isinstance(hook, Mapping):
        yield from _wrong(dict, *at)
        return
    for name in ("inputFields", "outputFields"):
        yield from _fields(hook.get(name), *at, name)


def _presets(presets: Json) -> Iterator[Problem]:
    yield from _optional(presets, list, "presets")
    for index, each in enumerate(as_array(presets)):
        if not isinstance(each, Mapping):
            yield from _wrong(dict, "presets", index)


def _fields(fields: Json, *at: str | int) -> Iterator[Problem]:
    yield from _optional(fields, dict, *at)
    for name, each in as_object(fields).items():
        if not isinstance(each, Mapping):
            yield from _wrong(dict, *at, name)
            continue
        properties = each.get("properties")
        yield from _fields(properties, *at, name, "properties")


def _optional(value: Json, wanted: type, *at: str | int) -> Iterator[Problem]:
    kinds: tuple[type, ...] = (Mapping,) if wanted is dict else (list, tuple)
    if value is not None and not isinstance(value, kinds):
        yield from _wrong(wanted, *at)


def _wrong(wanted: type, *at: str | int) -> Iterator[Problem]:
    yield Problem(pointer(*at), "DEFINITION", f"should be {_WORDS[wanted]}")


_TYPES: Final = (
    *("string", "text", "number", "integer", "datetime", "boolean", "password", "object"),
)
_CHOICE: Final = ("label", "value")
_CONDITIONS: Final = ("match", "conditions")
_CONDITION: Final = ("fieldKey", "operator", "value", "type")


def notes_on(document: JsonObject) -> Iterator[Problem]:
    """Yield what is odd in a document, with its place."""
    yield from _unknown(document, DOCUMENT)
    authentication = as_object(document.get("authentication"))
    yield from _unknown(authentication, AUTHENTICATION, "authentication")
    scheme = authentication.get("scheme", "none")
    if scheme not in (*SCHEMES, "none"):
        yield _note(f"There is no scheme {scheme!r}: it is kept", "authentication", "scheme")
    yield from _of_fields(authentication.get("fields"), SETTING, "authentication", "fields")
    audience, at = as_object(document.get("audienceConfig")), "audienceConfig"
    yield from _unknown(audience, AUDIENCE, at)
    yield from _unknown(as_object(audience.get("mode")), AUDIENCE_MODE, at, "mode")
    yield from _of_fields(audience.get("audienceFields"), SETTING, at, "audienceFields")
    for slug, action in as_object(document.get("actions")).items():
        yield from _of_action(as_object(action), "actions", slug)
    for index, preset in enumerate(as_array(document.get("presets"))):
        yield from _unknown(as_object(preset), PRESET, "presets", index)


def _of_action(action: JsonObject, *at: str | int) -> Iterator[Problem]:
    yield from _unknown(action, ACTION, *at)
    yield from _of_fields(action.get("fields"), FIELD, *at, "fields")
    mode = as_object(action.get("syncMode"))
    yield from _unknown(mode, SYNC_MODE, *at, "syncMode")
    yield from _of_choices(mode.get("choices"), *at, "syncMode", "choices")
    for name, each in as_object(action.get("hooks")).items():
        hook, place = as_object(each), (*at, "hooks", name)
        yield from _unknown(hook, HOOK, *place)
        yield from _of_fields(hook.get("inputFields"), FIELD, *place, "inputFields")
        yield from _of_fields(hook.get("outputFields"), FIELD, *place, "outputFields")


def _of_fields(fields: Json, known: Sequence[str], *at: str | int) -> Iterator[Problem]:
    for name, each in as_object(fields).items():
        field, place = as_object(each), (*at, name)
        yield from _unknown(field, known, *place)
        if field.get("type") not in _TYPES:
            hint = did_you_mean(field.get("type"), _TYPES)
            yield _note(f"There is no field type {field.get('type')!r}{hint}", *place, "type")
        if not has_known_operators(field):
            message = "A condition has an operator that nobody knows: it is kept"
            yield _note(message, *place, "required")
        yield from _of_choices(field.get("choices"), *place, "choices")
        for attribute in ("required", "depends_on"):
            yield from _of_conditions(as_object(field.get(attribute)), *place, attribute)
        yield from _of_fields(field.get("properties"), FIELD, *place, "properties")


def _of_choices(choices: Json, *at: str | int) -> Iterator[Problem]:
    for index, each in enumerate(as_array(choices)):
        yield from _unknown(as_object(each), _CHOICE, *at, index)


def _of_conditions(conditions: JsonObject, *at: str | int) -> Iterator[Problem]:
    yield from _unknown(conditions, _CONDITIONS, *at)
    for index, each in enumerate(as_array(conditions.get("conditions"))):
        yield from _unknown(as_object(each), _CONDITION, *at, "conditions", index)


def _unknown(said: JsonObject, known: Sequence[str], *at: str | int) -> Iterator[Problem]:
    for key in said:
        if key not in known:
            hint = did_you_mean(key, known)
            message = f"There is no {key!r} that this version knows: it is kept{hint}"
            yield _note(message, *at, key)


def _note(message: str, *at: str | int) -> Problem:
    return Problem(pointer(*at), "UNKNOWN", f"{message}.")
