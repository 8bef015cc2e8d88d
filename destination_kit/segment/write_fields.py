"""A field's schema back into the attributes of Segment's field definition."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from destination_kit._json import Json, JsonObject, as_array, as_object

FIELD: Final = (
    *("label", "description", "type", "required", "multiple", "allowNull", "dynamic", "default"),
    *("choices", "placeholder", "properties", "category", "depends_on", "readOnly", "hidden"),
    *("minimum", "maximum", "defaultObjectUI", "disabledInputMethods", "displayMode", "format"),
    "additionalProperties",
)
"""The attributes of an action's field, in the order in which the documents have them."""

SETTING: Final = (
    *("label", "description", "type", "required", "multiple", "choices", "default", "depends_on"),
)
"""The attributes of a setting."""

ABSENT: Final = "-"
"""In `x-segment`: the attributes that a document leaves out although its others have them."""

KEYWORDS: Final[Mapping[str, str]] = {
    "label": "title",
    "description": "description",
    "category": "x-category",
    "defaultObjectUI": "x-object-editor",
    "depends_on": "x-depends-on",
    "displayMode": "x-display",
    "hidden": "x-hidden",
    "placeholder": "x-placeholder",
    "readOnly": "readOnly",
    "default": "default",
    "format": "format",
}
"""What each attribute is called in a schema, where it is taken over as it is."""

_OWN_FORMATS: Final = {"text": "text", "password": "password", "date-like": "datetime"}
LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "string": ("minLength", "maxLength"),
    "number": ("minimum", "maximum"),
}
"""The keywords that `minimum` and `maximum` become, by type."""

_UNLESS_SAID: Final = ("description",)  # left out rather than null where there is none


def fields_of_schema(
    schema: JsonObject, attributes: Sequence[str] = FIELD, *, sparse: bool = False
) -> dict[str, Json]:
    """Return the field definitions of an object schema; `sparse` leaves out what says nothing."""
    properties = as_object(schema.get("properties"))
    required = as_array(schema.get("required"))
    return {
        name: field_attributes(
            as_object(field), attributes, required=name in required, sparse=sparse
        )
        for name, field in properties.items()
    }


def field_attributes(
    field: JsonObject,
    attributes: Sequence[str] = FIELD,
    *,
    required: bool = False,
    sparse: bool = False,
) -> dict[str, Json]:
    """Return the definition of one field: what its keywords say, then what its `x-segment` says."""
    found = _said(field, sparse=sparse) | {"required": required}
    said = {
        name: found.get(name)
        for name in attributes
        if found.get(name) or name in _keywords(field) or not (sparse or name in _UNLESS_SAID)
    }
    return restored(said, as_object(field.get("x-segment")))


def difference(said: JsonObject, document: JsonObject) -> dict[str, Json]:
    """Return what `restored` needs to make the document of what is said anyway; keys in order."""
    kept = {
        name: value for name, value in document.items() if not same(said.get(name, ABSENT), value)
    }
    absent: list[Json] = [name for name in said if name not in document]
    return kept | ({ABSENT: absent} if absent else {})


def restored(said: JsonObject, kept: JsonObject) -> dict[str, Json]:
    """Return what is said with what was kept of the document laid over it."""
    absent = as_array(kept.get(ABSENT))
    whole = {**said, **{name: value for name, value in kept.items() if name != ABSENT}}
    return {name: value for name, value in whole.items() if name not in absent}


def same(one: Json, other: Json) -> bool:
    """Return whether two JSON values are the same; `true` is not 1, the order of keys is nothing."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _keywords(field: JsonObject) -> dict[str, Json]:
    """Return the attributes that keywords say as they are; a format may be the type's own."""
    return {
        name: field[ours] for name, ours in KEYWORDS.items() if ours in field and name != "format"
    }


def _said(field: JsonObject, *, sparse: bool) -> dict[str, Json]:
    inner = as_object(field.get("items")) if field.get("type") == "array" else field
    kind = _kind(field, inner)
    low, high = LIMITS.get(kind, ("", ""))
    properties = fields_of_schema(inner, sparse=sparse) if "properties" in inner else None
    return {
        **_keywords(field),
        "type": kind,
        "multiple": inner is not field,
        "allowNull": inner is field and "null" in _types(field),
        "dynamic": bool(field.get("x-dynamic")),
        "choices": _choices(inner, is_nullable="null" in _types(inner)),
        "properties": properties,
        "minimum": field.get(low),
        "maximum": field.get(high),
        "disabledInputMethods": as_object(field.get("x-input-methods")).get("disabled"),
        "format": field.get("format") if kind not in _OWN_FORMATS.values() else None,
        "additionalProperties": inner.get("additionalProperties") is True,
    }


def _kind(field: JsonObject, inner: JsonObject) -> str:
    types = [each for each in _types(inner) if each != "null"]
    own = _OWN_FORMATS.get(str(field.get("format")))
    if own == "datetime":
        return own if types == ["string", "number"] else types[0]
    return own if own and types == ["string"] else str(types[0]) if types else ""


def _types(schema: JsonObject) -> list[str]:
    types = schema.get("type")
    return [types] if isinstance(types, str) else [str(each) for each in as_array(types)]


def _choices(schema: JsonObject, *, is_nullable: bool) -> Json:
    labelled, plain = schema.get("oneOf"), schema.get("enum")
    choices = as_array(labelled) or as_array(plain)
    if is_nullable and choices and choices[-1] in (None, {"const": None}):
        choices = choices[:-1]
    if labelled is None:
        return choices if plain is not None else None
    return [_choice(as_object(each)) for each in choices]


def _choice(choice: JsonObject) -> dict[str, Json]:
    words = {"const": "value", "title": "label"}
    return {words.get(key, key): each for key, each in choice.items()}
