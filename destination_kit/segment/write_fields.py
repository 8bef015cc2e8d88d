"""Writer of Segment's field definitions from the schemas of fields."""

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
    *("label", "description", "type", "required", "multiple", "dynamic", "choices", "default"),
    "depends_on",
)
"""The attributes of a setting."""

ABSENT: Final = "-"
"""The key in `x-segment` of the attributes that a field leaves out and the other fields have."""

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
"""Attribute -> the keyword that has the same value in a schema."""

_OWN_FORMATS: Final = {"text": "text", "password": "password", "date-like": "datetime"}
LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "string": ("minLength", "maxLength"),
    "number": ("minimum", "maximum"),
}
"""The keywords that `minimum` and `maximum` become, by type."""

# Segment's published definitions omit an empty `description`, but write null for other empty
# attributes. An export without this rule would differ from the imported definition.
_OMITTED_WHEN_EMPTY: Final = ("description",)
#: Of the published settings only one with choices of the partner has this attribute.
_RARE: Final = ("dynamic", SETTING)


def fields_of_schema(
    schema: JsonObject, attributes: Sequence[str] = FIELD, *, sparse: bool = False
) -> dict[str, Json]:
    """Return the field definitions of an object schema; `sparse` leaves out empty attributes."""
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
    """Return the definition of one field: from its keywords, then from its `x-segment`."""
    values = _attribute_values(field, sparse=sparse) | {"required": required}
    written = {
        name: values.get(name)
        for name in attributes
        if values.get(name)
        or name in _keywords(field)
        or not (sparse or name in _OMITTED_WHEN_EMPTY or (name, attributes) == _RARE)
    }
    return merge(written, as_object(field.get("x-segment")))


def difference(written: JsonObject, document: JsonObject) -> dict[str, Json]:
    """Return what `merge` needs to make the document of what is written anyway."""
    others = {
        name: value
        for name, value in document.items()
        if not is_same(written.get(name, ABSENT), value)
    }
    absent: list[Json] = [name for name in written if name not in document]
    return others | ({ABSENT: absent} if absent else {})


def merge(written: JsonObject, others: JsonObject) -> dict[str, Json]:
    """Return what is written with a `difference` laid over it."""
    absent = as_array(others.get(ABSENT))
    whole = {**written, **{name: value for name, value in others.items() if name != ABSENT}}
    return {name: value for name, value in whole.items() if name not in absent}


def is_same(left: Json, right: Json) -> bool:
    """Return whether two JSON values are equal; the order of keys does not matter."""
    # Python's `==` would call `true` equal to 1, and 1 equal to 1.0. An export would then lose the
    # difference.
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def _keywords(field: JsonObject) -> dict[str, Json]:
    """Return the attributes whose values are those of keywords."""
    # A format can stand for a Segment type, as `date-like` does for `datetime`. An export that
    # copied it would add a `format` that the definition did not have.
    return {
        name: field[keyword]
        for name, keyword in KEYWORDS.items()
        if keyword in field and name != "format"
    }


def _attribute_values(field: JsonObject, *, sparse: bool) -> dict[str, Json]:
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
    types = [name for name in _types(inner) if name != "null"]
    own = _OWN_FORMATS.get(str(field.get("format")))
    if own == "datetime":
        return own if types == ["string", "number"] else types[0]
    return own if own and types == ["string"] else str(types[0]) if types else ""


def _types(schema: JsonObject) -> list[str]:
    types = schema.get("type")
    return [types] if isinstance(types, str) else [str(name) for name in as_array(types)]


def _choices(schema: JsonObject, *, is_nullable: bool) -> Json:
    labelled, plain = schema.get("oneOf"), schema.get("enum")
    choices = as_array(labelled) or as_array(plain)
    if is_nullable and choices and choices[-1] in (None, {"const": None}):
        choices = choices[:-1]
    if labelled is None:
        return choices if plain is not None else None
    return [_choice(as_object(choice)) for choice in choices]


def _choice(choice: JsonObject) -> dict[str, Json]:
    words = {"const": "value", "title": "label"}
    return {words.get(key, key): value for key, value in choice.items()}
