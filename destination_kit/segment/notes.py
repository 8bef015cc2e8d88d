"""What in a published definition this version does not know: noted, kept and written again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from destination_kit._json import pointer
from destination_kit.errors import Problem, did_you_mean
from destination_kit.segment.attributes import FIELD, SETTING
from destination_kit.segment.documents import (
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
from destination_kit.segment.fields import has_known_operators

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

_TYPES: Final = (
    *("string", "text", "number", "integer", "datetime", "boolean", "password", "object"),
)
_CHOICE: Final = ("label", "value")
_CONDITIONS: Final = ("match", "conditions")
_CONDITION: Final = ("fieldKey", "operator", "value", "type")


def notes_on(document: JsonObject) -> Iterator[Problem]:
    """Yield what is odd in a document, with its place."""
    yield from _unknown(document, DOCUMENT)
    authentication = _object(document.get("authentication"))
    yield from _unknown(authentication, AUTHENTICATION, "authentication")
    scheme = authentication.get("scheme", "none")
    if scheme not in (*SCHEMES, "none"):
        yield _note(f"There is no scheme {scheme!r}: it is kept", "authentication", "scheme")
    yield from _of_fields(authentication.get("fields"), SETTING, "authentication", "fields")
    audience, at = _object(document.get("audienceConfig")), "audienceConfig"
    yield from _unknown(audience, AUDIENCE, at)
    yield from _unknown(_object(audience.get("mode")), AUDIENCE_MODE, at, "mode")
    yield from _of_fields(audience.get("audienceFields"), SETTING, at, "audienceFields")
    for slug, action in _object(document.get("actions")).items():
        yield from _of_action(_object(action), "actions", slug)
    for index, preset in enumerate(_list(document.get("presets"))):
        yield from _unknown(_object(preset), PRESET, "presets", index)


def _of_action(action: JsonObject, *at: str | int) -> Iterator[Problem]:
    yield from _unknown(action, ACTION, *at)
    yield from _of_fields(action.get("fields"), FIELD, *at, "fields")
    mode = _object(action.get("syncMode"))
    yield from _unknown(mode, SYNC_MODE, *at, "syncMode")
    yield from _of_choices(mode.get("choices"), *at, "syncMode", "choices")
    for name, each in _object(action.get("hooks")).items():
        hook, place = _object(each), (*at, "hooks", name)
        yield from _unknown(hook, HOOK, *place)
        yield from _of_fields(hook.get("inputFields"), FIELD, *place, "inputFields")
        yield from _of_fields(hook.get("outputFields"), FIELD, *place, "outputFields")


def _of_fields(fields: Json, known: Sequence[str], *at: str | int) -> Iterator[Problem]:
    for name, each in _object(fields).items():
        field, place = _object(each), (*at, name)
        yield from _unknown(field, known, *place)
        if field.get("type") not in _TYPES:
            hint = did_you_mean(field.get("type"), _TYPES)
            yield _note(f"There is no field type {field.get('type')!r}{hint}", *place, "type")
        if not has_known_operators(field):
            message = "A condition has an operator that nobody knows: it is kept"
            yield _note(message, *place, "required")
        yield from _of_choices(field.get("choices"), *place, "choices")
        for attribute in ("required", "depends_on"):
            yield from _of_conditions(_object(field.get(attribute)), *place, attribute)
        yield from _of_fields(field.get("properties"), FIELD, *place, "properties")


def _of_choices(choices: Json, *at: str | int) -> Iterator[Problem]:
    for index, each in enumerate(_list(choices)):
        yield from _unknown(_object(each), _CHOICE, *at, index)


def _of_conditions(conditions: JsonObject, *at: str | int) -> Iterator[Problem]:
    yield from _unknown(conditions, _CONDITIONS, *at)
    for index, each in enumerate(_list(conditions.get("conditions"))):
        yield from _unknown(_object(each), _CONDITION, *at, "conditions", index)


def _unknown(said: JsonObject, known: Sequence[str], *at: str | int) -> Iterator[Problem]:
    for key in said:
        if key not in known:
            hint = did_you_mean(key, known)
            message = f"There is no {key!r} that this version knows: it is kept{hint}"
            yield _note(message, *at, key)


def _note(message: str, *at: str | int) -> Problem:
    return Problem(pointer(*at), "UNKNOWN", f"{message}.")


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else []
