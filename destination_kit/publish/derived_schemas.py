"""Schemas derived from an author's schema: one for payloads, one for mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._json import as_object
from destination_kit.fields import drop_conditions, iter_fields, load_metaschema

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_DIRECTIVE: JsonObject = {"$ref": "#/definitions/directive"}
_ANNOTATIONS = ("title", "description", "default", "readOnly", "writeOnly")


def build_payload_schema(schema: JsonObject) -> JsonObject:
    """Return the schema of what `perform` receives: the author's schema without any `default`."""
    payload = {key: value for key, value in schema.items() if key != "default"}
    if "properties" in schema:
        payload["properties"] = {
            name: build_payload_schema(field) for name, field in iter_fields(schema)
        }
    if items := as_object(schema.get("items")):
        payload["items"] = build_payload_schema(items)
    return payload


def build_mapping_schema(schema: JsonObject) -> JsonObject:
    """Return the schema of a mapping: each field is a literal of its type, or a directive.

    Titles, defaults and `x-` annotations stay on the field. A required field stays required.
    Conditions between fields go, because only an event decides whether they hold. `definitions`
    holds the whole grammar of directives.
    """
    mapping = drop_conditions(schema)
    if "properties" in schema:
        mapping["properties"] = {
            name: _build_mappable(field) for name, field in iter_fields(schema)
        }
    # A `$ref` to the URL of the mapping schema would make an editor load a second file. A copy of
    # its definitions avoids that.
    return mapping | {"definitions": load_metaschema("mapping")["definitions"]}


def _build_mappable(field: JsonObject) -> JsonObject:
    annotations = {key: value for key, value in field.items() if _is_annotation(key)}
    return annotations | {"anyOf": [_build_literal(field), _DIRECTIVE]}


def _build_literal(field: JsonObject) -> JsonObject:
    """Return the schema of a literal; the members of objects and lists may be directives again."""
    literal = {key: value for key, value in field.items() if not _is_annotation(key)}
    if "properties" in literal:
        literal["properties"] = {
            name: _build_mappable(member) for name, member in iter_fields(field)
        }
    if items := as_object(field.get("items")):
        literal["items"] = _build_mappable(items)
    return literal


def _is_annotation(keyword: str) -> bool:
    return keyword in _ANNOTATIONS or keyword.startswith("x-")
