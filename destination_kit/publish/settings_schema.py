"""The settings schema: each setting is a value, or a reference to a stored secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.fields import iter_fields
from destination_kit.publish.form_schema import ANNOTATIONS, strip_custom_format
from destination_kit.publish.grammar import JsonDict

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_SECRET: JsonDict = {
    "title": "Stored secret",
    "type": "object",
    "properties": {"$secret": {"title": "Name", "type": "string", "minLength": 1}},
    "required": ["$secret"],
    "additionalProperties": False,
}


def build_settings_schema(settings: JsonObject) -> JsonDict:
    """Return the schema of a destination's settings.

    It has no defaults: a form would add them to settings that were saved without them.
    """
    fields = {name: _build_setting(field) for name, field in iter_fields(settings)}
    return {**settings, "properties": fields, "definitions": {"secret": _SECRET}}


def build_plain_schema(schema: JsonObject) -> JsonDict:
    """Return the schema of a form whose values are literals: inputs of hooks, and of audiences."""
    fields = {}
    for name, field in iter_fields(schema):
        annotations, rules = _split_setting(field)
        fields[name] = annotations | rules
    return {**schema, "properties": fields}


def _build_setting(field: JsonObject) -> JsonDict:
    annotations, rules = _split_setting(field)
    value = {"title": "Value", **rules}
    return annotations | {"oneOf": [value, {"$ref": "#/definitions/secret"}]}


def _split_setting(field: JsonObject) -> tuple[JsonDict, JsonDict]:
    """Return the texts around a field, and the rules of its values."""

    def is_annotation(key: str) -> bool:
        return key in (*ANNOTATIONS, "readOnly") or key.startswith("x-")

    annotations = {key: value for key, value in field.items() if is_annotation(key)}
    if field.get("format") == "text":
        annotations["x-multiline"] = True
    rules = {
        key: rule
        for key, rule in strip_custom_format(field).items()
        if not is_annotation(key) and key != "default"
    }
    return annotations, rules
